/* JUnit XML. Never lets a name or a message break the markup. */
#include "cli/junit.h"

#include "cli/page/markup.h"

enum { JUNIT_MAX = 256 << 20 };

void sgr_junit_init(struct sgr_junit *junit, const char *suite)
{
    *junit = (struct sgr_junit){.suite = suite};
    sgr_buf_init(&junit->cases, JUNIT_MAX);
}

void sgr_junit_release(struct sgr_junit *junit)
{
    sgr_buf_release(&junit->cases);
}

void sgr_junit_case(struct sgr_junit *junit, const char *file, sgr_str name, bool ok, sgr_str why)
{
    struct sgr_buf *out = &junit->cases;
    junit->count++;
    sgr_buf_cstr(out, "    <testcase classname=\"");
    sgr_markup(sgr_str_from(file), out);
    sgr_buf_cstr(out, "\" name=\"");
    sgr_markup(name, out);
    if (ok) {
        sgr_buf_cstr(out, "\"/>\n");
        return;
    }
    junit->failed++;
    sgr_buf_cstr(out, "\">\n      <failure>");
    sgr_markup(why, out);
    sgr_buf_cstr(out, "</failure>\n    </testcase>\n");
}

bool sgr_junit_write(const struct sgr_junit *junit, const char *path)
{
    struct sgr_buf out;
    struct sgr_error error = {0};
    sgr_buf_init(&out, JUNIT_MAX);
    sgr_buf_printf(&out,
                   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
                   "  <testsuite name=\"%s\" tests=\"%zu\" failures=\"%zu\">\n",
                   junit->suite, junit->count, junit->failed);
    sgr_buf_add(&out, sgr_buf_str(&junit->cases));
    sgr_buf_cstr(&out, "  </testsuite>\n</testsuites>\n");
    bool ok = sgr_write_file(path, sgr_buf_str(&out), &error);
    if (!ok) {
        sgr_complain(2, "%s", error.text);
        sgr_error_release(&error);
    }
    sgr_buf_release(&out);
    return ok;
}
