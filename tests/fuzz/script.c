/* Any text as a script: parsing never crashes; what parses without an error is printed, parsed
 * again to the same tree, and printed again to the same text. */
#include <stdlib.h>

#include "fuzz.h"
#include "tests/unit/lang/support.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct parsed first, second;
    char *text = fuzz_copy((sgr_str){(const char *)data, size});
    parse_bytes(&first, "first.sgr", (sgr_str){text, size});
    (void)rendered(&first);
    if (first.diags.errors == 0) {
        char *printed = fuzz_copy(sgr_str_from(formatted(&first)));
        size_t length = first.text.len;
        parse_bytes(&second, "second.sgr", (sgr_str){printed, length});
        if (second.diags.errors > 0) {
            fuzz_fail("what was printed does not parse:\n%.*s\n%s", (int)length, printed,
                      rendered(&second));
        }
        if (strcmp(dump(&first), dump(&second)) != 0) {
            fuzz_fail("printing changed the tree:\n%s\n---\n%s", first.text.ptr, second.text.ptr);
        }
        (void)formatted(&second);
        if (second.text.len != length || memcmp(second.text.ptr, printed, length) != 0) {
            fuzz_fail("not a fixed point:\n%.*s\n---\n%s", (int)length, printed, second.text.ptr);
        }
        parsed_release(&second);
        free(printed);
    }
    parsed_release(&first);
    free(text);
    return 0;
}
