/* What the fuzz targets share. Must not depend on libFuzzer: replay.c links it, too. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void fuzz_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    abort();
}

char *fuzz_copy(sgr_str text)
{
    char *copy = sgr_calloc(text.len > 0 ? text.len : 1, 1);
    if (text.len > 0) {
        memcpy(copy, text.ptr, text.len);
    }
    return copy;
}
