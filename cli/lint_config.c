/* Reading .sgrc.yaml. A key that it does not know is an error: a level that was misspelt must not
 * be taken for one that was set. */
#include "cli/lint_config.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/quantity.h"
#include "cli/cli.h"
#include "k8s/codec.h"

static const char file_name[] = ".sgrc.yaml";

struct sgr_lint_config {
    char *folder;
    struct sgr_lint_settings settings;
    char *problem; /* a sentence, or NULL */
};

/* ---- what the file says ---- */

static bool read_level(sgr_str name, sgr_value value, struct sgr_lint_settings *settings,
                       struct sgr_error *error)
{
    enum sgr_lint lint = sgr_lint_find(name);
    if (lint == SGR_LINT_COUNT) {
        for (int i = 0; i < SGR_LINT_COUNT; i++) {
            sgr_str known = sgr_str_from(sgr_codes[SGR_LINT_FIRST + i].name);
            if (sgr_str_distance(name, known, 2) <= 2) {
                return sgr_error_set(error, "no lint is called `%.*s`; did you mean `%s`?",
                                     SGR_FMT(name), known.ptr);
            }
        }
        return sgr_error_set(error, "no lint is called `%.*s`; docs/linting.md lists them",
                             SGR_FMT(name));
    }
    if (value.tag != SGR_STRING || !sgr_lint_level(sgr_string_of(value), &settings->levels[lint])) {
        return sgr_error_set(error, "the level of %.*s is off, note, warning or error",
                             SGR_FMT(name));
    }
    return true;
}

static bool read_key(sgr_str key, sgr_value value, struct sgr_lint_settings *settings,
                     struct sgr_error *error)
{
    if (sgr_str_is(key, "scrape")) {
        bool ok = value.tag == SGR_STRING &&
                  sgr_read_duration(sgr_string_of(value), &settings->scrape_ms) &&
                  settings->scrape_ms > 0;
        return ok || sgr_error_set(error, "`scrape` is a duration as in 15s");
    }
    if (!sgr_str_is(key, "lints")) {
        return sgr_error_set(error, "unknown key `%.*s`; there are `lints` and `scrape`",
                             SGR_FMT(key));
    }
    if (value.tag != SGR_RECORD) {
        return sgr_error_set(error, "`lints` is a map from names of lints to levels");
    }
    bool ok = true;
    for (size_t i = 0; ok && i < sgr_count_of(value); i++) {
        ok = read_level(sgr_key(value, i), sgr_field_at(value, i), settings, error);
    }
    return ok;
}

bool sgr_lint_config_read(sgr_str text, struct sgr_lint_settings *settings, struct sgr_error *error)
{
    struct sgr_heap *heap = sgr_heap_new(16 << 20);
    sgr_value documents = sgr_absent();
    bool ok = sgr_yaml_read(heap, text, &documents, error);
    if (ok && (sgr_count_of(documents) > 1 ||
               (sgr_count_of(documents) == 1 && sgr_item(documents, 0).tag != SGR_RECORD))) {
        ok = sgr_error_set(error, "the file is one map with the keys `lints` and `scrape`");
    }
    sgr_value map = ok && sgr_count_of(documents) == 1 ? sgr_item(documents, 0) : sgr_absent();
    for (size_t i = 0; ok && map.tag == SGR_RECORD && i < sgr_count_of(map); i++) {
        ok = read_key(sgr_key(map, i), sgr_field_at(map, i), settings, error);
    }
    sgr_heap_free(heap);
    return ok;
}

/* ---- where the file is ---- */

/* Reads `folder`/.sgrc.yaml where there is one; what is wrong with it is kept for all its scripts.
 */
static bool read_folder(struct sgr_lint_config *config, const char *folder)
{
    char path[PATH_MAX + sizeof file_name + 1];
    struct sgr_error error = {0};
    sgr_str text = {0};
    snprintf(path, sizeof path, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, file_name);
    if (access(path, F_OK) != 0) {
        return false;
    }
    if (!sgr_read_file(path, &text, &error)) {
        config->problem = error.text;
    } else if (!sgr_lint_config_read(text, &config->settings, &error)) {
        sgr_error_wrap(&error, "%s", path);
        config->problem = error.text;
    }
    free((void *)(uintptr_t)text.ptr);
    return true;
}

static struct sgr_lint_config *load(const struct sgr_lint_configs *configs, const char *folder)
{
    struct sgr_lint_config *config = sgr_calloc(1, sizeof *config);
    char absolute[PATH_MAX];
    config->settings = configs->base;
    if (realpath(folder, absolute) == NULL) {
        return config; /* the script itself is told to be missing */
    }
    while (!read_folder(config, absolute) && strcmp(absolute, "/") != 0) {
        char *slash = strrchr(absolute, '/');
        slash[slash == absolute] = '\0';
    }
    return config;
}

const struct sgr_lint_settings *sgr_lint_settings_for(struct sgr_lint_configs *configs,
                                                      const char *script, struct sgr_error *error)
{
    const char *slash = strrchr(script, '/');
    size_t length = slash != NULL ? (size_t)(slash - script) + (slash == script) : 0;
    sgr_str folder = slash != NULL ? (sgr_str){script, length} : SGR_STR(".");
    struct sgr_lint_config *config = sgr_map_get(&configs->by_folder, folder);
    if (config == NULL) {
        char *name = sgr_calloc(folder.len + 1, 1);
        memcpy(name, folder.ptr, folder.len);
        config = load(configs, name);
        config->folder = name;
        sgr_map_set(&configs->by_folder, (sgr_str){name, folder.len}, config);
        sgr_vec_push(&configs->folders, config);
    }
    if (config->problem != NULL) {
        sgr_error_set(error, "%s", config->problem);
        return NULL;
    }
    return &config->settings;
}

void sgr_lint_configs_release(struct sgr_lint_configs *configs)
{
    for (size_t i = 0; i < configs->folders.len; i++) {
        free(configs->folders.at[i]->folder);
        free(configs->folders.at[i]->problem);
        free(configs->folders.at[i]);
    }
    sgr_vec_release(&configs->folders);
    sgr_map_release(&configs->by_folder);
}
