/* Any text as a .sgrc.yaml: it says something known or is refused with a sentence. */
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/lint_config.h"
#include "fuzz.h"

/* The rest of cli/ is not linked: nothing here reads a file. */
bool sgr_read_file(const char *path, sgr_str *text, struct sgr_error *error)
{
    (void)text;
    return sgr_error_set(error, "%s is not read", path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sgr_lint_settings settings;
    struct sgr_error error = {0};
    char *text = fuzz_copy((sgr_str){(const char *)data, size});
    sgr_lint_defaults(&settings);
    bool ok = sgr_lint_config_read((sgr_str){text, size}, &settings, &error);
    if (ok == (error.text != NULL) || (ok && settings.scrape_ms <= 0)) {
        fuzz_fail("neither read nor refused");
    }
    sgr_error_release(&error);
    free(text);
    return 0;
}
