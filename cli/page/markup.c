/* Text in XML and HTML. Must never let a name or a sentence break the markup. */
#include "cli/page/markup.h"

void sgr_markup(sgr_str text, struct sgr_buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        const char *entity = c == '&'   ? "&amp;"
                             : c == '<' ? "&lt;"
                             : c == '>' ? "&gt;"
                             : c == '"' ? "&quot;"
                                        : NULL;
        bool shown = (unsigned char)c >= ' ' || c == '\n' || c == '\t';
        if (entity != NULL) {
            sgr_buf_cstr(out, entity);
        } else {
            sgr_buf_byte(out, shown ? c : ' ');
        }
    }
}
