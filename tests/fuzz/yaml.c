/* Any text as YAML and as JSON: what can be read and written is read again as the same value. */
#include <stdlib.h>

#include "fuzz.h"
#include "k8s/codec.h"

static void write_again(struct sgr_heap *heap, sgr_value value)
{
    struct sgr_buf once, twice;
    struct sgr_error error = {0};
    sgr_value documents = sgr_absent();
    sgr_buf_init(&once, 64 << 20);
    sgr_buf_init(&twice, 64 << 20);
    if (sgr_yaml_write(value, &once)) {
        if (!sgr_yaml_read(heap, sgr_buf_str(&once), &documents, &error)) {
            fuzz_fail("what was written cannot be read: %s\n%s", error.text, once.ptr);
        }
        if (sgr_count_of(documents) == 1 && sgr_yaml_write(sgr_item(documents, 0), &twice) &&
            !sgr_str_equal(sgr_buf_str(&once), sgr_buf_str(&twice))) {
            fuzz_fail("written\n%s\nthen\n%s", once.ptr, twice.ptr);
        }
    }
    sgr_error_release(&error);
    sgr_buf_release(&once);
    sgr_buf_release(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sgr_heap *heap = sgr_heap_new(64 << 20);
    struct sgr_error error = {0};
    sgr_value documents = sgr_absent(), value = sgr_absent();
    char *text = fuzz_copy((sgr_str){(const char *)data, size});
    if (sgr_yaml_read(heap, (sgr_str){text, size}, &documents, &error)) {
        for (size_t i = 0; i < sgr_count_of(documents); i++) {
            write_again(heap, sgr_item(documents, i));
        }
    } else if (error.text == NULL) {
        fuzz_fail("refused without a sentence");
    }
    sgr_error_release(&error);
    if (sgr_json_read(heap, (sgr_str){text, size}, &value, &error)) {
        write_again(heap, value);
    }
    sgr_error_release(&error);
    sgr_heap_free(heap);
    free(text);
    return 0;
}
