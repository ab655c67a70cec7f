/* Errors as sentences; allocation that fails loudly. Must never print but when the process ends. */
#include "base/err.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

__attribute__((format(printf, 1, 0))) static char *format_text(const char *format, va_list args)
{
    char *text = NULL;
    if (vasprintf(&text, format, args) < 0) {
        sgr_oom();
    }
    return text;
}

bool sgr_error_set(struct sgr_error *error, const char *format, ...)
{
    if (error == NULL) {
        return false;
    }
    va_list args;
    va_start(args, format);
    char *text = format_text(format, args);
    va_end(args);
    free(error->text);
    error->text = text;
    return false;
}

void sgr_error_wrap(struct sgr_error *error, const char *format, ...)
{
    if (error == NULL) {
        return;
    }
    va_list args;
    va_start(args, format);
    char *context = format_text(format, args);
    va_end(args);
    char *text = NULL;
    if (asprintf(&text, "%s: %s", context, error->text ? error->text : "unknown error") < 0) {
        sgr_oom();
    }
    free(context);
    free(error->text);
    error->text = text;
}

void sgr_error_release(struct sgr_error *error)
{
    free(error->text);
    error->text = NULL;
}

void sgr_bug(const char *file, int line, const char *format, ...)
{
    fprintf(stderr, "sgrc: internal error at %s:%d: ", file, line);
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputs("\nThis is a bug in sgrc, not in your script.\n", stderr);
    abort();
}

void sgr_oom(void)
{
    static const char line[] = "sgrc: out of memory\n";
    ssize_t ignored = write(STDERR_FILENO, line, sizeof line - 1);
    (void)ignored;
    _exit(SGR_EXIT_OOM);
}

void *sgr_alloc(size_t size)
{
    void *memory = malloc(size ? size : 1);
    if (memory == NULL) {
        sgr_oom();
    }
    return memory;
}

void *sgr_realloc(void *old, size_t size)
{
    void *memory = realloc(old, size ? size : 1);
    if (memory == NULL) {
        sgr_oom();
    }
    return memory;
}

void *sgr_calloc(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size ? size : 1);
    if (memory == NULL) {
        sgr_oom();
    }
    return memory;
}
