/* sgrc explain: the page of a diagnostic or lint, or the list of all. */
#include <unistd.h>

#include "base/embed.h"
#include "cli/cli.h"

enum { TEXT_MAX = 1 << 20 };

/* docs/codes, as files named CODE.md. */
extern const struct sgr_embedded sgr_code_pages[];

static void add_page(const struct sgr_code_info *info, struct sgr_buf *out)
{
    for (const struct sgr_embedded *page = sgr_code_pages; page->name != NULL; page++) {
        if (strncmp(page->name, info->code, strlen(info->code)) == 0) {
            sgr_buf_add(out, (sgr_str){page->text, page->size});
        }
    }
}

static int unknown(const char *word)
{
    for (size_t i = 0; i < SGR_CODE_COUNT; i++) {
        sgr_str name = sgr_str_from(sgr_codes[i].name);
        if (sgr_str_distance(sgr_str_from(word), name, 2) <= 2) {
            return sgr_complain(1, "no diagnostic is called `%s`; did you mean `%s`?", word,
                                sgr_codes[i].name);
        }
    }
    return sgr_complain(1, "no diagnostic is called `%s`; `sgrc explain` lists them", word);
}

static const struct sgr_code_info *find(const char *word)
{
    for (size_t i = 0; i < SGR_CODE_COUNT; i++) {
        if (strcasecmp(word, sgr_codes[i].code) == 0 || strcmp(word, sgr_codes[i].name) == 0) {
            return &sgr_codes[i];
        }
    }
    return NULL;
}

static int put(struct sgr_buf *out)
{
    struct sgr_error error = {0};
    bool ok = sgr_write_all(STDOUT_FILENO, sgr_buf_str(out), &error);
    int status = ok ? 0 : sgr_complain(1, "%s", error.text);
    sgr_error_release(&error);
    sgr_buf_release(out);
    return status;
}

int sgr_cmd_explain(const struct sgr_cli *cli)
{
    struct sgr_buf out;
    if (cli->files.len > 1) {
        return sgr_complain(1, "explain takes one code or name");
    }
    const struct sgr_code_info *info = cli->files.len == 1 ? find(cli->files.at[0]) : NULL;
    if (cli->files.len == 1 && info == NULL) {
        return unknown(cli->files.at[0]);
    }
    sgr_buf_init(&out, TEXT_MAX);
    for (size_t i = 0; info == NULL && i < SGR_CODE_COUNT; i++) {
        sgr_buf_printf(&out, "%s  %-22s %s\n", sgr_codes[i].code, sgr_codes[i].name,
                       sgr_codes[i].title);
    }
    if (info != NULL) {
        add_page(info, &out);
    }
    return put(&out);
}
