/* What no write of a run may do, judged when it is carried out, whatever else goes wrong: pods
 * before traffic, traffic gone before pods go, never more than the last shift asked for. Only
 * writes of the run are judged: what other people and broken nodes do is not its fault. */
#include "k8s/sim/internal.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

enum { KNOWN_MS = 120000 };

void sim_violation(struct sgr_sim *sim, const char *format, ...)
{
    struct sgr_buf text;
    char line[300];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    for (size_t i = 0; i < sim->violations.len; i++) {
        if (strcmp(sim->violations.at[i], line) == 0) {
            return;
        }
    }
    sgr_buf_init(&text, sizeof line);
    sgr_buf_cstr(&text, line);
    char *copy = sgr_calloc(text.len + 1, 1);
    memcpy(copy, text.ptr, text.len);
    sgr_buf_release(&text);
    sgr_vec_push(&sim->violations, copy);
}

/* ---- what the run knows ---- */

static int track_of(const struct sgr_sim *sim, sgr_value object)
{
    if (!sgr_str_is(sgr_path_str(object, "kind"), "Deployment")) {
        return -1;
    }
    sgr_str name = sgr_path_str(object, "metadata/name");
    return sgr_str_is(name, sim->tracks[0].deployment)   ? 0
           : sgr_str_is(name, sim->tracks[1].deployment) ? 1
                                                         : -1;
}

static void take_note(struct sgr_sim *sim, sgr_value object)
{
    int which = track_of(sim, object);
    if (which >= 0 && sgr_path_int(object, "status/observedGeneration", 0) >=
                          sgr_path_int(object, "metadata/generation", 1)) {
        sim->known[which] =
            (struct sim_known){sgr_path_int(object, "status/readyReplicas", 0), sim->now};
    }
}

/* Ready pods of a track, or what the run had good reason to believe a little while ago. */
static int64_t ready_of(struct sgr_sim *sim, int which)
{
    int64_t ready = sim_view(sim)->ready[which];
    const struct sim_known *known = &sim->known[which];
    bool fresh = sim->now - known->at <= KNOWN_MS;
    return fresh && known->ready > ready ? known->ready : ready;
}

static int64_t pods_for(const struct sgr_sim *sim, double share)
{
    double exact = (double)sim->wanted * share;
    return share <= 0 ? 0 : exact < 1 ? 1 : (int64_t)ceil(exact - 1e-9);
}

/* ---- traffic ---- */

static const char *const words[] = {"new", "old"};

static void take_share(struct sgr_sim *sim, double share)
{
    if (share <= 0 && sim->share > 0) {
        sim->share_gone = sim->now;
    }
    sim->share = share;
}

static bool is_meddled(const struct sgr_sim *sim)
{
    for (size_t i = 0; i < sim->objects.len; i++) {
        const struct sim_object *object = sim->objects.at[i];
        if (object->touched && (sim_is_route(object) || object->kind == SIM_SERVICE ||
                                track_of(sim, object->value) >= 0)) {
            return true;
        }
    }
    return false;
}

static void check_share(struct sgr_sim *sim)
{
    double share = sim_view(sim)->route, before = sim->share;
    int which = share > before ? 0 : 1;
    double risen = which == 0 ? share : 1 - share;
    take_share(sim, share);
    if (share == before || is_meddled(sim)) {
        return;
    }
    if (which == 0 && share * 100 > sim->said.last_shift + 1e-6) {
        sim_violation(sim, "the new track got more traffic than the last shift asked for");
    }
    if (sim->said.rollback_began >= 0) {
        return; /* nothing may block the way back */
    }
    if (which == 0 && sim->said.guard_open) {
        sim_violation(sim, "traffic rose while the verdict of a guard was open");
    }
    if (ready_of(sim, which) < pods_for(sim, risen)) {
        sim_violation(sim, "the %s track got traffic before it had enough ready pods",
                      words[which]);
    }
}

/* ---- capacity and versions ---- */

static void check_fewer(struct sgr_sim *sim, int which, int64_t left)
{
    bool going_back = sim->said.rollback_began >= 0;
    if (is_meddled(sim)) {
        return;
    }
    if (!sim_has_route(sim)) {
        if (!going_back && !sim->rolling && ready_of(sim, 1 - which) + left < sim->wanted) {
            sim_violation(sim, "pods of the %s track went before others were ready", words[which]);
        }
        return;
    }
    double share = which == 0 ? sim->share : 1 - sim->share;
    if (left < pods_for(sim, share)) {
        sim_violation(sim, "pods of the %s track went while it had traffic", words[which]);
    } else if (which == 0 && sim->share_gone >= 0 && sim->now - sim->share_gone < sim->drain) {
        sim_violation(sim, "pods of the new track went before they had drained");
    }
}

/* Where pods are the weight: never more than asked for, but one where any is. */
static void check_more(struct sgr_sim *sim, int which, int64_t count)
{
    double exact = (double)sim->wanted * sim->said.last_shift / 100;
    bool counts =
        sim->said.shifting && !sim_has_route(sim) && !sim->rolling && sim->said.rollback_began < 0;
    if (counts && which == 0 && !is_meddled(sim) && count > 1 && (double)count > exact + 1e-6) {
        sim_violation(sim, "the new track got more pods than the last shift asked for");
    }
}

static void check_version(struct sgr_sim *sim, int which, sgr_value before)
{
    double share = which == 0 ? sim->share : 1 - sim->share;
    bool serves = is_meddled(sim)      ? false
                  : sim_has_route(sim) ? share > 0
                                       : sgr_path_int(before, "spec/replicas", 1) > 0;
    if (serves && !sim->rolling && sim->said.rollback_began < 0) {
        sim_violation(sim, "the version of the %s track changed while it had traffic",
                      words[which]);
    }
}

static void check_deployment(struct sgr_sim *sim, const struct sim_answer *answer)
{
    sgr_value before = sgr_field(answer->replaced, SGR_STR("before")),
              after = sgr_field(answer->replaced, SGR_STR("after"));
    int which = track_of(sim, before);
    if (which < 0 || after.tag != SGR_RECORD) {
        return;
    }
    int64_t had = sgr_path_int(before, "spec/replicas", 1),
            left = sgr_path_int(after, "spec/replicas", 1);
    if (left < had) {
        check_fewer(sim, which, left);
    } else if (left > had) {
        check_more(sim, which, left);
    }
    if (!sgr_value_equal(sgr_path(before, "spec/template"), sgr_path(after, "spec/template"))) {
        check_version(sim, which, before);
    }
}

/* A restored Deployment lost pods: the run undid its capacity. */
static void check_restored(struct sgr_sim *sim, const struct sim_answer *answer)
{
    int which = track_of(sim, sgr_field(answer->args[0], SGR_STR("before")));
    if (which >= 0 && answer->had > answer->left) {
        check_fewer(sim, which, answer->left);
    }
}

void sim_begin_write(struct sgr_sim *sim)
{
    if (sim_has_route(sim)) {
        take_share(sim, sim_view(sim)->route); /* what others have done meanwhile */
    }
}

void sim_check_write(struct sgr_sim *sim, const struct sim_answer *answer)
{
    if (!sim->running || sim->outcome[0] != '\0' || !answer->ok) {
        return;
    }
    if (answer->effect == SGR_EFFECT_READ) {
        take_note(sim, answer->value);
        return;
    }
    if (answer->effect == SGR_EFFECT_LIST) {
        return;
    }
    if (answer->effect == SGR_EFFECT_RESTORE) {
        check_restored(sim, answer);
    } else if (!sgr_is_absent(answer->replaced) && !answer->in_doubt) {
        check_deployment(sim, answer);
    }
    if (sim_has_route(sim)) {
        check_share(sim);
    }
}
