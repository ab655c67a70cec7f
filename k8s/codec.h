/* Values to and from YAML and JSON text. libyaml and jansson stay behind this door. */
#ifndef SGR_K8S_CODEC_H
#define SGR_K8S_CODEC_H

#include "vm/value.h"

enum { SGR_CODEC_DEPTH_MAX = 200 };

/* Appends one YAML document, "---" first when `out` is not empty. Block style, keys in their order,
 * strings quoted where a YAML 1.1 or 1.2 reader would take them for something else, multi-line
 * strings as literal blocks, quantities as their canonical strings. False for what has no YAML
 * form. */
bool sgr_yaml_write(sgr_value value, struct sgr_buf *out);
/* All documents of a text as a list. Strict: duplicate keys, aliases beyond a budget, depth beyond
 * the limit and non-string keys are errors with line and column. Numbers, bools and null follow the
 * YAML 1.2 core schema; null fields are left out. */
bool sgr_yaml_read(struct sgr_heap *heap, sgr_str text, sgr_value *documents,
                   struct sgr_error *error);
bool sgr_json_read(struct sgr_heap *heap, sgr_str text, sgr_value *value, struct sgr_error *error);

#endif
