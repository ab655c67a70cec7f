/* YAML files of objects: those that a script names with `manifests`, and those of a command line.
 */
#include "cli/cli.h"

#include <glob.h>
#include <stdlib.h>

#include "k8s/codec.h"
#include "vm/arith.h"

bool sgr_is_object(sgr_value document)
{
    return sgr_path_str(document, "apiVersion").len > 0 && sgr_path_str(document, "kind").len > 0 &&
           sgr_path_str(document, "metadata/name").len > 0;
}

/* Appends the documents of one file. */
static bool add_file(const char *path, struct sgr_heap *heap, sgr_value *documents,
                     struct sgr_error *error)
{
    sgr_str text;
    sgr_value own;
    struct sgr_failure failure = {0};
    if (!sgr_read_file(path, &text, error)) {
        return false;
    }
    bool ok = sgr_yaml_read(heap, text, &own, error);
    if (!ok) {
        sgr_error_wrap(error, "%s", path);
    }
    for (size_t i = 0; ok && i < sgr_count_of(own); i++) {
        ok = sgr_is_object(sgr_item(own, i)) ||
             sgr_error_set(error, "%s: document %zu has no apiVersion, kind or name", path, i + 1);
    }
    ok = ok && sgr_value_add(heap, *documents, own, documents, &failure);
    sgr_failure_release(&failure);
    free((void *)(uintptr_t)text.ptr);
    return ok;
}

bool sgr_read_manifests(void *self, sgr_str pattern, struct sgr_heap *heap, sgr_value *documents,
                        struct sgr_error *error)
{
    glob_t found;
    (void)self;
    *documents = sgr_list(heap, NULL, 0);
    bool ok = glob(pattern.ptr, 0, NULL, &found) == 0 ||
              sgr_error_set(error, "no file matches %.*s", SGR_FMT(pattern));
    for (size_t i = 0; ok && i < found.gl_pathc; i++) {
        ok = add_file(found.gl_pathv[i], heap, documents, error);
    }
    globfree(&found);
    return ok;
}

bool sgr_read_objects(const char *path, struct sgr_heap *heap, sgr_value *objects)
{
    struct sgr_error error = {0};
    struct sgr_failure failure = {0};
    sgr_str text = {0};
    sgr_value documents = sgr_absent();
    bool ok = sgr_read_file(path, &text, &error);
    if (ok && !sgr_yaml_read(heap, text, &documents, &error)) {
        sgr_error_wrap(&error, "%s", path);
        ok = false;
    }
    if (sgr_is_absent(*objects)) {
        *objects = sgr_list(heap, NULL, 0);
    }
    for (size_t i = 0; ok && i < sgr_count_of(documents); i++) {
        sgr_value document = sgr_item(documents, i);
        sgr_value items = sgr_field(document, SGR_STR("items"));
        sgr_value more = items.tag == SGR_LIST ? items : sgr_list(heap, &document, 1);
        ok = sgr_value_add(heap, *objects, more, objects, &failure);
    }
    if (!ok) {
        sgr_complain(2, "%s", error.text ? error.text : failure.text);
    }
    sgr_error_release(&error);
    sgr_failure_release(&failure);
    free((void *)(uintptr_t)text.ptr);
    return ok;
}
