/* What GitHub Actions' workflow commands need of their text. */
#include "cli/github.h"

#include <stdlib.h>

void sgr_github_text(struct sgr_buf *out, sgr_str text, bool property)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '%' || c == '\r' || c == '\n' || (property && (c == ',' || c == ':'))) {
            sgr_buf_printf(out, "%%%02X", (unsigned char)c);
        } else {
            sgr_buf_byte(out, c);
        }
    }
}

bool sgr_github_job(void)
{
    const char *word = getenv("GITHUB_ACTIONS");
    return word != NULL && strcmp(word, "true") == 0;
}
