/* Whether the Role that rbac prints allows what a run asks the API server for. A runner with no
 * more rights than that must come to its end, so asking for more is a mistake of the standard
 * library and judged as one. */
#include "k8s/sim/internal.h"

#include <string.h>

enum { WORD_MAX = 255, WORDS = 3 }; /* no name of Kubernetes is longer */

static bool has_word(sgr_value list, sgr_str word)
{
    for (size_t i = 0; list.tag == SGR_LIST && i < sgr_count_of(list); i++) {
        if (sgr_str_equal(sgr_string_of(sgr_item(list, i)), word)) {
            return true;
        }
    }
    return false;
}

static sgr_str word_of(sgr_value ref, const char *field)
{
    sgr_value word = sgr_field(ref, sgr_str_from(field));
    return word.tag == SGR_STRING ? sgr_string_of(word) : SGR_STR("");
}

/* Within a Role a version does not count. */
static sgr_str group_of(sgr_value object)
{
    sgr_str version = word_of(object, "apiVersion");
    const char *slash = version.len > 0 ? memchr(version.ptr, '/', version.len) : NULL;
    return (sgr_str){version.ptr, slash == NULL ? 0 : (size_t)(slash - version.ptr)};
}

static bool gives(sgr_value grant, sgr_value ref, sgr_str name, const char *verb)
{
    if (!sgr_str_equal(word_of(grant, "kind"), word_of(ref, "kind")) ||
        !sgr_str_equal(group_of(grant), group_of(ref)) ||
        !has_word(sgr_field(grant, SGR_STR("verbs")), sgr_str_from(verb))) {
        return false;
    }
    sgr_value names = sgr_field(grant, SGR_STR("names"));
    bool named = names.tag == SGR_LIST && sgr_count_of(names) > 0;
    return !named || (name.len > 0 && has_word(names, name));
}

static bool may(const struct sgr_sim *sim, sgr_value ref, sgr_str name, const char *verb)
{
    for (size_t i = 0; i < sgr_count_of(sim->config.grants); i++) {
        if (gives(sgr_item(sim->config.grants, i), ref, name, verb)) {
            return true;
        }
    }
    return false;
}

static bool may_watch(const struct sgr_sim *sim, sgr_value ref)
{
    return may(sim, ref, (sgr_str){0}, "list") && may(sim, ref, (sgr_str){0}, "watch");
}

static void need(struct sgr_sim *sim, sgr_value ref, sgr_str name, const char *verb)
{
    if (!may(sim, ref, name, verb)) {
        sgr_str kind = sgr_path_str(ref, "kind");
        sim_violation(sim, "the run's Role does not allow to %s %.*s %.*s", verb, SGR_FMT(kind),
                      SGR_FMT(name));
    }
}

static void judge(struct sgr_sim *sim, enum sgr_effect_kind effect, sgr_value ref, sgr_str name)
{
    switch (effect) {
    case SGR_EFFECT_VIEW:
    case SGR_EFFECT_READ:
        if (!may_watch(sim, ref)) { /* what a watch of the kind covers is not asked for by name */
            need(sim, ref, name, "get");
        }
        break;
    case SGR_EFFECT_LIST:
        need(sim, ref, (sgr_str){0}, "list");
        need(sim, ref, (sgr_str){0}, "watch");
        break;
    case SGR_EFFECT_APPLY:
        need(sim, ref, name, "create");
        need(sim, ref, name, "get");
        need(sim, ref, name, "patch");
        break;
    case SGR_EFFECT_PATCH:
        need(sim, ref, name, "get");
        need(sim, ref, name, "patch");
        break;
    case SGR_EFFECT_DELETE:
        need(sim, ref, name, "get");
        need(sim, ref, name, "delete");
        break;
    default: /* what is restored has been written before */
        break;
    }
}

static void add_word(char *key, size_t *length, sgr_str word)
{
    size_t taken = word.len < WORD_MAX ? word.len : WORD_MAX;
    memcpy(key + *length, word.ptr, taken);
    *length += taken;
    key[(*length)++] = ' ';
}

/* The same is asked for again and again, and judged once. */
static void judge_once(struct sgr_sim *sim, enum sgr_effect_kind effect, sgr_value ref)
{
    char key[1 + WORDS * (WORD_MAX + 1)];
    size_t length = 0;
    key[length++] = (char)('A' + effect);
    sgr_str name = word_of(ref, "name");
    name = name.len > 0 ? name : sgr_path_str(ref, "metadata/name");
    add_word(key, &length, name);
    add_word(key, &length, word_of(ref, "kind"));
    add_word(key, &length, word_of(ref, "apiVersion"));
    sgr_str known = {key, length};
    if (!sgr_map_has(&sim->judged, known)) {
        judge(sim, effect, ref, name);
        sgr_map_set(&sim->judged, sgr_arena_str(sim->keys, known), sim);
    }
}

void sim_check_rights(struct sgr_sim *sim, enum sgr_effect_kind effect, sgr_value what)
{
    if (sim->config.grants.tag != SGR_LIST) {
        return;
    }
    if (effect != SGR_EFFECT_VIEW) {
        judge_once(sim, effect, what);
        return;
    }
    for (size_t i = 0; what.as.object != sim->judged_view && i < sgr_count_of(what); i++) {
        judge_once(sim, effect, sgr_item(what, i));
    }
    sim->judged_view = what.as.object;
}
