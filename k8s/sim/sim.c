/* The simulated host: effects in, answers a little later, virtual time in jumps to whatever happens
 * next. */
#include "k8s/sim/internal.h"

#include <stdio.h>
#include <stdlib.h>

enum { SNAPSHOT_LIMIT = 64 << 20, JOB_MS = 5000 };

struct sgr_sim *sgr_sim_new(const struct sgr_sim_config *config)
{
    struct sgr_sim *sim = sgr_calloc(1, sizeof *sim);
    sim->heap = sgr_heap_new(sgr_default_limits.memory);
    sim->announced = sim->quiet_until = INT64_MIN;
    sim->tell_at = INT64_MAX;
    sim->config = *config;
    sim->config.cluster = sgr_value_copy(sim->heap, config->cluster);
    sim->config.metrics = sgr_absent();
    sim->config.objects = sgr_absent();
    sim->config.grants = sgr_value_copy(sim->heap, config->grants);
    sim->keys = sgr_arena_new();
    sim->random = config->seed * 2654435761u + 12345;
    sim->said.rollback_began = sim->rollback_time = -1;
    snprintf(sim->space, sizeof sim->space, "%.*s",
             SGR_FMT(sgr_path_str(config->cluster, "namespace")));
    /* Only the events: the tests of a scenario are closures, which stay with their machine. */
    sgr_value events = sgr_value_copy(sim->heap, sgr_field(config->scenario, SGR_STR("events")));
    sim->config.scenario = sgr_record_with(sim->heap, sgr_absent(), SGR_STR("events"), events);
    sgr_value objects = sgr_value_copy(sim->heap, config->objects);
    for (size_t i = 0; objects.tag == SGR_LIST && i < sgr_count_of(objects); i++) {
        sim_put(sim, sgr_item(objects, i));
    }
    sim_settle(sim);
    return sim;
}

void sgr_sim_free(struct sgr_sim *sim)
{
    if (sim == NULL) {
        return;
    }
    sim_forget_objects(sim);
    sim_forget_pods(sim);
    for (size_t i = 0; i < sim->violations.len; i++) {
        free(sim->violations.at[i]);
    }
    sgr_vec_release(&sim->answers);
    sgr_vec_release(&sim->loads);
    sgr_vec_release(&sim->models);
    sgr_vec_release(&sim->counters);
    sgr_vec_release(&sim->violations);
    sgr_map_release(&sim->judged);
    sgr_arena_free(sim->keys);
    sgr_vec_release(&sim->intents);
    sgr_vec_release(&sim->then);
    sgr_vec_release(&sim->backup);
    sgr_run_free(sim->saved);
    sgr_heap_free(sim->heap);
    free(sim);
}

int64_t sgr_sim_now(const struct sgr_sim *sim)
{
    return sim->now;
}

void sgr_sim_stop(struct sgr_sim *sim)
{
    sim->stopped = true;
}

/* ---- memory: everything that lives is listed here ---- */

static void move(void *self, struct sgr_mover *mover)
{
    struct sgr_sim *sim = self;
    sgr_move(mover, &sim->config.cluster);
    sgr_move(mover, &sim->config.scenario);
    sgr_move(mover, &sim->config.grants);
    sim->judged_view = NULL;
    sim_move_objects(sim, mover);
    sim_move_pods(sim, mover);
    for (size_t i = 0; i < sim->models.len; i++) {
        sgr_move(mover, &sim->models.at[i].metric);
        sgr_move(mover, &sim->models.at[i].track);
        sgr_move(mover, &sim->models.at[i].value);
    }
    for (size_t i = 0; i < sim->intents.len; i++) {
        sgr_move(mover, &sim->intents.at[i].replaced);
    }
    struct sim_copy *const copies[] = {&sim->then, &sim->backup};
    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < copies[i]->len; k++) {
            sgr_move(mover, &copies[i]->at[k].value);
            sgr_move(mover, &copies[i]->at[k].bare);
        }
    }
    for (size_t i = 0; i < sim->answers.len; i++) {
        struct sim_answer *answer = &sim->answers.at[i];
        for (size_t k = 0; k < sizeof answer->args / sizeof *answer->args; k++) {
            sgr_move(mover, &answer->args[k]);
        }
        sgr_move(mover, &answer->value);
        sgr_move(mover, &answer->replaced);
    }
    if (sim->saved != NULL) {
        sgr_run_move(sim->saved, mover);
    }
}

static struct sgr_heap *shared_heap(void *self)
{
    return ((struct sgr_sim *)self)->heap;
}

/* ---- effects ---- */

static sgr_value arg(const struct sgr_effect *effect, size_t index)
{
    return index < effect->count ? effect->args[index] : sgr_absent();
}

static void ask(struct sgr_sim *sim, const struct sgr_effect *effect, struct sim_answer *answer)
{
    sgr_str word = sim_approval(sim);
    answer->value = sgr_string(sim->heap, word);
    int64_t limit = arg(effect, 1).tag == SGR_DURATION ? arg(effect, 1).as.i : 0;
    if (limit > 0 && sim_has_fault(sim, SIM_FAULT_NOBODY_ANSWERS)) {
        answer->value = sgr_string(sim->heap, SGR_STR("silent"));
        answer->due = sim->now + limit;
    } else if (sgr_str_is(word, "silent")) {
        answer->due = limit > 0 ? sim->now + limit : INT64_MAX;
    }
}

static sgr_value one(struct sgr_sim *sim, const char *key, sgr_value value)
{
    return sgr_record_with(sim->heap, sgr_absent(), sgr_str_from(key), value);
}

/* A write that was under way when the runner was killed, or whose answer was lost, replaced what
 * was written down then. */
static void keep_intent(struct sgr_sim *sim, struct sim_answer *answer)
{
    for (size_t i = 0; i < sim->intents.len; i++) {
        struct sim_intent *intent = &sim->intents.at[i];
        if (intent->seq != answer->seq) {
            continue;
        }
        if (answer->in_doubt && !sgr_is_absent(answer->replaced)) {
            sgr_value after = sgr_field(answer->replaced, SGR_STR("after"));
            answer->replaced =
                sgr_record_with(sim->heap, intent->replaced, SGR_STR("after"), after);
        }
        if (answer->in_doubt && answer->effect == SGR_EFFECT_DELETE) {
            answer->replaced = intent->replaced;
            answer->value = sgr_bool(true);
        }
        intent->replaced = answer->replaced;
        return;
    }
    sgr_vec_push(&sim->intents, ((struct sim_intent){answer->seq, answer->replaced}));
}

/* A write that is refused now, and had been carried out before the runner was killed, is to be
 * undone. */
static void recall_intent(struct sgr_sim *sim, struct sim_answer *answer)
{
    bool undoable = answer->effect == SGR_EFFECT_APPLY || answer->effect == SGR_EFFECT_PATCH ||
                    answer->effect == SGR_EFFECT_DELETE;
    for (size_t i = 0; undoable && answer->in_doubt && !answer->ok && i < sim->intents.len; i++) {
        if (sim->intents.at[i].seq == answer->seq) {
            answer->replaced = sim->intents.at[i].replaced;
        }
    }
}

/* What the API server does, when it does it. */
static void call_api(struct sgr_sim *sim, struct sim_answer *answer)
{
    const sgr_value *args = answer->args;
    sim_begin_write(sim);
    switch (answer->effect) {
    case SGR_EFFECT_READ:
        answer->value = sim_read(sim, args[0]);
        break;
    case SGR_EFFECT_LIST:
        answer->value = sim_list(sim, args[0], args[1]);
        break;
    case SGR_EFFECT_APPLY:
        sim_apply(sim, args[0], answer);
        break;
    case SGR_EFFECT_PATCH:
        sim_patch(sim, args[0], args[1], args[2], answer);
        break;
    case SGR_EFFECT_DELETE:
        sim_delete(sim, args[0], answer);
        break;
    default:
        sim_restore(sim, args[0], answer);
    }
    if (!sgr_is_absent(answer->replaced) || (answer->in_doubt && answer->ok)) {
        keep_intent(sim, answer);
    }
    sim_check_write(sim, answer);
}

static bool is_deferred(enum sgr_effect_kind kind)
{
    return kind == SGR_EFFECT_READ || kind == SGR_EFFECT_LIST || kind == SGR_EFFECT_APPLY ||
           kind == SGR_EFFECT_PATCH || kind == SGR_EFFECT_DELETE || kind == SGR_EFFECT_RESTORE;
}

static void start(void *self, struct sgr_run *run, const struct sgr_effect *effect)
{
    struct sgr_sim *sim = self;
    struct sim_answer answer = {.due = sim->now + SIM_CALL_MS,
                                .seq = effect->seq,
                                .effect = effect->kind,
                                .deferred = is_deferred(effect->kind),
                                .in_doubt = effect->in_doubt,
                                .ok = true};
    (void)run;
    sim_check_rights(sim, effect->kind, arg(effect, 0));
    switch (effect->kind) {
    case SGR_EFFECT_SAMPLE:
        sim_sample(sim, arg(effect, 0), &answer);
        break;
    case SGR_EFFECT_ASK:
        ask(sim, effect, &answer);
        break;
    case SGR_EFFECT_SEND:
        if (effect->in_doubt) {
            answer.ok = false;
            answer.kind = "in_doubt";
            answer.text = "the request may have been sent before the interruption";
            break;
        }
        answer.value = one(sim, "status", sgr_int(200));
        answer.value = sgr_record_with(sim->heap, answer.value, SGR_STR("body"),
                                       sgr_string(sim->heap, SGR_STR("")));
        break;
    case SGR_EFFECT_VIEW: /* of what is known already */
        answer.value = sim_read_all(sim, arg(effect, 0));
        answer.due = sim->now;
        break;
    case SGR_EFFECT_LOAD:
        sim_load_start(sim, arg(effect, 0), &answer);
        break;
    case SGR_EFFECT_JOB:
        answer.value = one(sim, "succeeded", sgr_bool(true));
        answer.value = sgr_record_with(sim->heap, answer.value, SGR_STR("message"),
                                       sgr_string(sim->heap, SGR_STR("")));
        answer.due = sim->now + JOB_MS;
        break;
    default:
        answer.value = sgr_bool(true);
    }
    if (answer.deferred) {
        answer.args[0] = sgr_value_copy(sim->heap, arg(effect, 0));
        answer.args[1] = effect->kind == SGR_EFFECT_LIST || effect->kind == SGR_EFFECT_PATCH
                             ? sgr_value_copy(sim->heap, arg(effect, 1))
                             : sgr_absent();
        answer.args[2] = effect->kind == SGR_EFFECT_PATCH
                             ? sgr_value_copy(sim->heap, arg(effect, 3))
                             : sgr_absent();
    }
    if (answer.deferred || effect->kind == SGR_EFFECT_JOB) {
        sim_meet_faults(sim, &answer);
    }
    sgr_vec_push(&sim->answers, answer);
}

static void cancel(void *self, struct sgr_run *run, uint64_t seq)
{
    struct sgr_sim *sim = self;
    (void)run;
    sim_load_end(sim, seq, NULL);
    for (size_t i = 0; i < sim->answers.len; i++) {
        if (sim->answers.at[i].seq == seq) {
            memmove(&sim->answers.at[i], &sim->answers.at[i + 1],
                    (--sim->answers.len - i) * sizeof sim->answers.at[0]);
            return;
        }
    }
}

/* ---- reports: the run says which tracks are new and old, what it shifts, how it ends ---- */

static void take_text(char *out, size_t size, sgr_value fields, const char *path)
{
    snprintf(out, size, "%.*s", SGR_FMT(sgr_path_str(fields, path)));
}

static void take_run(struct sgr_sim *sim, sgr_value fields)
{
    static const char *const words[] = {"new", "old"};
    take_text(sim->front, sizeof sim->front, fields, "front");
    take_text(sim->traffic, sizeof sim->traffic, fields, "traffic");
    sim->rolling = sgr_str_is(sgr_path_str(fields, "mode"), "rolling");
    for (int i = 0; i < 2; i++) {
        sgr_value track = sgr_field(fields, sgr_str_from(words[i]));
        take_text(sim->tracks[i].name, sizeof sim->tracks[i].name, track, "name");
        take_text(sim->tracks[i].deployment, sizeof sim->tracks[i].deployment, track, "deployment");
        take_text(sim->tracks[i].service, sizeof sim->tracks[i].service, track, "service");
    }
    const struct sim_object *found = sim_find(sim, "Deployment", sgr_str_from(sim->space),
                                              sgr_str_from(sim->tracks[1].deployment));
    sim->old_template = found != NULL ? found->demand.hash : 0;
    sgr_value drain = sgr_field(fields, SGR_STR("drain"));
    sim->drain = drain.tag == SGR_DURATION ? drain.as.i : 0;
    sim->wanted = sgr_path_int(fields, "old/replicas", 0);
    sim->running = true;
    sim->run_began = sim->now;
    sim_keep_backup(sim);
    if (sim_has_fault(sim, SIM_FAULT_TAKEN)) {
        sim_take_names(sim);
    }
    sim->epoch++;
    sim->share = sim_view(sim)->route;
    sim->share_gone = -1;
}

static void take_weight(struct sgr_sim *sim, sgr_value fields)
{
    sgr_value share = sgr_field(fields, SGR_STR("new"));
    if (share.tag == SGR_PERCENT) {
        sim->told_share = share.as.f;
        sim->epoch++;
        sim_begin_write(sim); /* nobody writes a share that is only told */
    }
}

static void report(void *self, struct sgr_run *run, const struct sgr_report *report)
{
    struct sgr_sim *sim = self;
    (void)run;
    if (strcmp(report->kind, "run") == 0) {
        take_run(sim, report->fields);
    } else if (strcmp(report->kind, "shift") == 0) {
        sgr_value share = sgr_field(report->fields, SGR_STR("share"));
        /* Going down, the old share holds until the route is written. */
        sim->said.last_shift = share.tag == SGR_PERCENT && share.as.f > sim->said.last_shift
                                   ? share.as.f
                                   : sim->said.last_shift;
        sim->said.shifting = true;
    } else if (strcmp(report->kind, "weight") == 0) {
        sim->said.shifting = false;
        take_weight(sim, report->fields);
        sgr_value share = sgr_field(report->fields, SGR_STR("new"));
        sim->said.last_shift = share.tag == SGR_PERCENT ? share.as.f : sim->said.last_shift;
    } else if (strcmp(report->kind, "guard") == 0) {
        sim->said.guard_open = true;
    } else if (strcmp(report->kind, "verdict") == 0 || strcmp(report->kind, "failed") == 0) {
        sim->said.gave_up = sim->said.gave_up || strcmp(report->kind, "failed") == 0;
        sim->said.guard_open = false;
    } else if (strcmp(report->kind, "rollback") == 0 && sim->said.rollback_began < 0) {
        sim->said.rollback_began = sim->now;
    } else if (strcmp(report->kind, "outcome") == 0) {
        sim_observe(sim);
        take_text(sim->outcome, sizeof sim->outcome, report->fields, "outcome");
    }
    if (sim->config.watch != NULL) {
        sim->config.watch(sim->config.watch_self, report);
    }
}

static bool keep(void *self, struct sgr_run *run, struct sgr_error *error)
{
    struct sgr_sim *sim = self;
    if (sim_has_fault(sim, SIM_FAULT_RECORD_UNWRITABLE)) {
        return sgr_error_set(error, "the state of the run cannot be saved");
    }
    sim->saved = sgr_run_still(run, sim->saved);
    sim->said_at_save = sim->said;
    return true;
}

static sgr_value merge(void *self, struct sgr_heap *heap, sgr_value older, sgr_value newer)
{
    (void)self;
    sgr_value after = sgr_field(newer, SGR_STR("after"));
    return sgr_is_absent(after) || sgr_is_absent(sgr_field(older, SGR_STR("after")))
               ? sgr_absent()
               : sgr_record_with(heap, older, SGR_STR("after"), after);
}

struct sgr_host sgr_sim_host(struct sgr_sim *sim)
{
    static const struct sgr_host_ops ops = {.start = start,
                                            .cancel = cancel,
                                            .keep = keep,
                                            .report = report,
                                            .merge = merge,
                                            .heap = shared_heap,
                                            .move = move};
    return (struct sgr_host){&ops, sim};
}

/* ---- time ---- */

/* What was asked before the runner stood still is done; nobody hears of it. */
static void carry_out(struct sgr_sim *sim)
{
    for (size_t i = 0; i < sim->answers.len; i++) {
        struct sim_answer *answer = &sim->answers.at[i];
        if (answer->deferred && answer->due <= sim->now) {
            call_api(sim, answer);
            answer->deferred = false;
        }
    }
}

static void deliver(struct sgr_sim *sim, struct sgr_run *run)
{
    for (size_t i = 0; i < sim->answers.len;) {
        struct sim_answer answer = sim->answers.at[i];
        if (answer.due > sim->now) {
            i++;
            continue;
        }
        memmove(&sim->answers.at[i], &sim->answers.at[i + 1],
                (--sim->answers.len - i) * sizeof answer);
        if (answer.deferred) {
            call_api(sim, &answer);
            if (sim_loses_answer(sim, &answer)) {
                sgr_vec_push(&sim->answers, answer);
                continue;
            }
        }
        recall_intent(sim, &answer);
        if (answer.effect == SGR_EFFECT_LOAD) {
            sim_load_end(sim, answer.seq, &answer);
        }
        struct sgr_answer out = {.ok = answer.ok,
                                 .value = answer.value,
                                 .replaced = answer.replaced,
                                 .kind = answer.kind,
                                 .text = answer.text};
        sgr_run_answer(run, answer.seq, &out);
    }
}

static int64_t next_event(const struct sgr_sim *sim, const struct sgr_run *run)
{
    int64_t next = sim_next_change(sim), other = sim_next_scenario_event(sim),
            fault = sim_next_fault_act(sim), wake = sgr_run_wake_at(run);
    next = other < next ? other : next;
    next = fault < next ? fault : next;
    bool asleep = sim->asleep_until > sim->now;
    next = wake < next && !asleep ? wake : next;
    for (size_t i = 0; i < sim->answers.len; i++) {
        if (asleep && !sim->answers.at[i].deferred) {
            continue;
        }
        next = sim->answers.at[i].due < next ? sim->answers.at[i].due : next;
    }
    return next;
}

static bool is_writing(const struct sgr_sim *sim)
{
    for (size_t i = 0; i < sim->answers.len; i++) {
        enum sgr_effect_kind kind = sim->answers.at[i].effect;
        if (sim->answers.at[i].deferred && kind != SGR_EFFECT_READ && kind != SGR_EFFECT_LIST) {
            return true;
        }
    }
    return false;
}

/* Asked to stop, the runner waits for the write that is under way, saves, and is resumed later. */
static void stop_when_quiet(struct sgr_sim *sim, struct sgr_run *run)
{
    struct sgr_error error = {0};
    if (!sim->interrupted || is_writing(sim) || !sgr_run_has_begun(run)) {
        return;
    }
    sim->interrupted = false;
    sim->killed = true;
    (void)keep(sim, run, &error);
    sgr_error_release(&error);
}

/* One instant of the cluster and of the run on it. */
static enum sgr_run_state meet(struct sgr_sim *sim, struct sgr_run *run)
{
    sim_run_events(sim);
    sim_revert(sim);
    sim_reconcile(sim);
    if (sim->asleep_until > sim->now) {
        carry_out(sim);
        sim_observe(sim);
        return SGR_RUN_BLOCKED;
    }
    if (sim->limit_hit && sim->answers.len == 0) { /* a script computes between its effects */
        sim->limit_hit = false;
        if (!sim->said.gave_up && sim->said.rollback_began < 0) {
            sgr_run_raise(run, "limit", "the script has used up what it may");
        }
    }
    deliver(sim, run);
    if (sim_tells(sim)) {
        sgr_run_changed(run);
    }
    enum sgr_run_state state = sgr_run_advance(run, sim->now);
    if (state == SGR_RUN_BLOCKED) {
        stop_when_quiet(sim, run);
    }
    sim_reconcile(sim);
    sim_observe(sim);
    return state;
}

enum sgr_run_state sgr_sim_drive(struct sgr_sim *sim, struct sgr_run *run, int64_t limit)
{
    sim->stopped = false;
    for (;;) {
        enum sgr_run_state state = meet(sim, run);
        if (state == SGR_RUN_DONE || state == SGR_RUN_FAILED || sim->stopped ||
            sgr_sim_was_killed(sim)) {
            return state;
        }
        if (sim->changed && sim->asleep_until <= sim->now) {
            continue; /* the run has a right to know before time passes */
        }
        int64_t next = next_event(sim, run);
        if (next == INT64_MAX || next > limit) {
            sim_pass_time(sim, next == INT64_MAX ? sim->now : limit);
            return state;
        }
        sim_pass_time(sim, next);
    }
}

/* ---- killing and resuming ---- */

bool sgr_sim_was_killed(const struct sgr_sim *sim)
{
    return sim->killed && sim->saved != NULL; /* nothing changes before the first save */
}

static bool decodes(struct sgr_sim *sim, struct sgr_machine *machine, struct sgr_host host,
                    sgr_str bytes)
{
    struct sgr_error error = {0};
    struct sgr_run *run = sgr_run_decode(machine, host, bytes, sim->now, &error);
    bool told = run != NULL || error.text != NULL;
    sgr_run_free(run);
    sgr_error_release(&error);
    return run != NULL || !told;
}

/* A record that is cut short, of another format or has a byte wrong is refused with a sentence. */
static void try_damaged(struct sgr_sim *sim, struct sgr_machine *machine, struct sgr_host host,
                        struct sgr_buf *bytes)
{
    const size_t at[] = {0, bytes->len / 3, bytes->len - 1};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        bytes->ptr[at[i]] ^= 0x40;
        if (decodes(sim, machine, host, sgr_buf_str(bytes)) ||
            decodes(sim, machine, host, (sgr_str){bytes->ptr, at[i]})) {
            sim_violation(sim, "a damaged record was not refused");
        }
        bytes->ptr[at[i]] ^= 0x40;
    }
}

struct sgr_run *sgr_sim_resume(struct sgr_sim *sim, struct sgr_run *run,
                               struct sgr_machine *machine, struct sgr_host host, bool arrived)
{
    struct sgr_error error = {0};
    struct sgr_buf bytes;
    sgr_run_free(run);
    for (size_t i = 0; arrived && i < sim->answers.len; i++) {
        if (sim->answers.at[i].deferred) {
            call_api(sim, &sim->answers.at[i]);
        }
    }
    sim->answers.len = 0;
    sim->loads.len = 0; /* a load begins again */
    sim->killed = false;
    sim->said = sim->said_at_save;
    sim->rollback_time = sim->said.rollback_began < 0 ? -1 : sim->rollback_time;
    sgr_buf_init(&bytes, SNAPSHOT_LIMIT);
    sgr_run_encode(sim->saved, &bytes);
    if (sim_has_fault(sim, SIM_FAULT_RECORD_DAMAGED)) {
        sim->faults[SIM_FAULT_RECORD_DAMAGED].until = 0;
        try_damaged(sim, machine, host, &bytes);
    }
    run = sgr_run_decode(machine, host, sgr_buf_str(&bytes), sim->now, &error);
    sgr_buf_release(&bytes);
    if (run == NULL) {
        sim_violation(sim, "the saved run cannot be resumed: %s", error.text);
        sgr_error_release(&error);
    }
    return run;
}

struct sgr_run *sgr_sim_perform(struct sgr_sim *sim, struct sgr_run *run,
                                struct sgr_machine *machine, int64_t limit)
{
    for (;;) {
        enum sgr_run_state state = sgr_sim_drive(sim, run, limit);
        if (!sgr_sim_was_killed(sim) || state == SGR_RUN_DONE || state == SGR_RUN_FAILED) {
            return run;
        }
        run = sgr_sim_resume(sim, run, machine, sgr_sim_host(sim), sim_jitter(sim, 1) == 1);
        if (run == NULL) {
            return NULL;
        }
    }
}

/* ---- results ---- */

static sgr_value span_record(struct sgr_heap *heap, const struct sim_span spans[2], bool max,
                             bool percent)
{
    static const char *const words[] = {"new", "old"};
    sgr_value record = sgr_absent();
    for (int i = 0; i < 2; i++) {
        double value = max ? spans[i].max : spans[i].min;
        sgr_value own = percent ? sgr_unit_f(SGR_PERCENT, value) : sgr_int((int64_t)value);
        record = sgr_record_with(heap, record, sgr_str_from(words[i]), own);
    }
    return record;
}

static sgr_value extremes(struct sgr_sim *sim, struct sgr_heap *heap, bool max)
{
    sgr_value record = sgr_record_with(heap, sgr_absent(), SGR_STR("traffic"),
                                       span_record(heap, sim->traffic_span, max, true));
    record = sgr_record_with(heap, record, SGR_STR("replicas"),
                             span_record(heap, sim->replicas_span, max, false));
    return sgr_record_with(heap, record, SGR_STR("ready_pods"),
                           span_record(heap, sim->ready_span, max, false));
}

sgr_value sgr_sim_results(struct sgr_sim *sim, struct sgr_run *run, struct sgr_heap *heap)
{
    struct sgr_record_builder record;
    (void)run;
    sgr_record_begin(&record, heap);
    int64_t back = sim->said.rollback_began < 0 ? 0
                   : sim->rollback_time >= 0    ? sim->rollback_time
                                                : sim->now - sim->said.rollback_began;
    sgr_record_set(&record, SGR_STR("outcome"),
                   sgr_string(heap, sgr_str_from(sim->outcome[0] ? sim->outcome : "failed")));
    sgr_record_set(&record, SGR_STR("duration"),
                   sgr_unit_i(SGR_DURATION, sim->now - sim->run_began));
    sgr_record_set(&record, SGR_STR("downtime"), sgr_unit_i(SGR_DURATION, (int64_t)sim->down_ms));
    sgr_record_set(&record, SGR_STR("rollback_time"), sgr_unit_i(SGR_DURATION, back));
    sgr_record_set(&record, SGR_STR("requests"), sgr_int((int64_t)(sim->requests + 0.5)));
    sgr_record_set(&record, SGR_STR("failed_requests"), sgr_int((int64_t)(sim->failed + 0.5)));
    sgr_record_set(&record, SGR_STR("max"), extremes(sim, heap, true));
    sgr_record_set(&record, SGR_STR("min"), extremes(sim, heap, false));
    SGR_VEC(sgr_value) texts = {0};
    for (size_t i = 0; i < sim->violations.len; i++) {
        sgr_vec_push(&texts, sgr_string(heap, sgr_str_from(sim->violations.at[i])));
    }
    sgr_record_set(&record, SGR_STR("violations"), sgr_list(heap, texts.at, texts.len));
    sgr_vec_release(&texts);
    return sgr_record_end(&record);
}

static int by_key(const void *a, const void *b)
{
    const struct sim_object *const *x = a, *const *y = b;
    return strcmp((*x)->key, (*y)->key);
}

sgr_value sgr_sim_objects(struct sgr_sim *sim, struct sgr_heap *heap)
{
    SGR_VEC(const struct sim_object *) sorted = {0};
    SGR_VEC(sgr_value) values = {0};
    for (size_t i = 0; i < sim->objects.len; i++) {
        if (!sim->objects.at[i]->gone) {
            sgr_vec_push(&sorted, sim->objects.at[i]);
        }
    }
    if (sorted.len > 0) {
        qsort(sorted.at, sorted.len, sizeof *sorted.at, by_key);
    }
    for (size_t i = 0; i < sorted.len; i++) {
        sgr_vec_push(&values, sgr_value_copy(heap, sorted.at[i]->value));
    }
    sgr_value list = sgr_list(heap, values.at, values.len);
    sgr_vec_release(&sorted);
    sgr_vec_release(&values);
    return list;
}
