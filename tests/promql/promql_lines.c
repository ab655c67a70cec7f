/* Reads one expression a line and prints for each its canonical form and type, or its error: what
 * tests/promql/compare feeds. */
#include <stdio.h>
#include <stdlib.h>

#include "lang/promql/promql.h"

int main(void)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    struct sgr_buf out;
    sgr_buf_init(&out, 1 << 24);
    while ((len = getline(&line, &cap, stdin)) >= 0) {
        sgr_str text = {line, (size_t)len - (len > 0 && line[len - 1] == '\n')};
        sgr_buf_clear(&out);
        sgr_promql_describe_line(text, &out);
        puts(out.ptr);
    }
    free(line);
    sgr_buf_release(&out);
    return 0;
}
