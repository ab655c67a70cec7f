/* Performing rollouts on a real cluster: preflight, lock, record, the run, and going on with one.
 * Nothing is changed before the preflight is clean and the lock is held. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/dry_run.h"
#include "cli/metrics.h"
#include "cli/session.h"
#include "k8s/codec.h"
#include "stdlib/stdlib.h"

/* A runner that died holds its lock for a while: a lease runs out after 30 s. */
enum { DOCUMENT_MAX = 64 << 20, SUPERSEDE_MS = 30 * 60 * 1000, LEASE_MS = 35000 };

/* The Job whose pods perform the run, or NULL: what one of them began, the next one goes on with.
 */
static const char *run_of(void)
{
    const char *job = getenv("SGR_RUN_OF");
    return job != NULL && *job != '\0' ? job : NULL;
}

/* Everything that one performance holds, released in one place. */
struct performance {
    const struct sgr_cli *cli;
    struct sgr_script *script;
    struct sgr_machine *machine;
    sgr_value declarations, rollout;
    struct sgr_progress *progress;
    struct sgr_metrics *metrics;
    struct sgr_cluster *cluster;
    struct sgr_dry_run *dry_run; /* while it is collected, else NULL */
};

static int fault(int status, struct sgr_error *error)
{
    (void)sgr_complain(status, "%s", error->text != NULL ? error->text : "it did not work");
    sgr_error_release(error);
    *error = (struct sgr_error){0};
    return status;
}

/* ---- signals ---- */

/* What a signal handler can reach: the cluster while its lock is held, or waited for. */
static struct sgr_cluster *volatile interruptible;
static volatile sig_atomic_t driving; /* a run: the cluster itself knows what a second signal is */
static volatile sig_atomic_t signals_seen;

/* The first asks for an orderly end, which gives the lock back; a second one leaves at once: what a
 * run has under way is looked up by the one that resumes it. */
static void on_signal(int number)
{
    (void)number;
    signals_seen = signals_seen + 1;
    if (interruptible != NULL) {
        sgr_cluster_interrupt(interruptible);
    }
    if (signals_seen > 1 && !driving) {
        _exit(SGR_EXIT_INTERRUPTED);
    }
}

static void catch_signals(struct sgr_cluster *cluster)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = cluster != NULL ? on_signal : SIG_DFL};
    sigemptyset(&action.sa_mask);
    interruptible = cluster;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        sigaction(signals[i], &action, NULL);
    }
}

/* A record that cannot be written: because it is somebody else's by now, or for another reason. */
static int refused(struct performance *p, struct sgr_error *error)
{
    return fault(sgr_cluster_is_lost(p->cluster) ? SGR_EXIT_LOCKED : SGR_EXIT_FAULT, error);
}

static void release(struct performance *p)
{
    interruptible = NULL;
    sgr_session_close(p->cluster);
    catch_signals(NULL);
    if (p->progress != NULL) {
        sgr_progress_free(p->progress);
    }
    sgr_metrics_free(p->metrics);
}

static void watch(void *self, const struct sgr_report *report)
{
    struct performance *p = self;
    if (p->dry_run != NULL) {
        sgr_dry_run_report(p->dry_run, report);
        return;
    }
    sgr_metrics_report(p->metrics, report);
    sgr_progress_report(p->progress, report);
}

static void ask(void *self, const char *text)
{
    sgr_progress_ask(((struct performance *)self)->progress, text);
}

static void metrics(void *self, struct sgr_buf *out)
{
    sgr_metrics_text(((struct performance *)self)->metrics, out);
}

/* The session, and who listens to it. False after a complaint. */
static bool open_session(struct performance *p, enum sgr_progress_style style)
{
    struct sgr_listener listener = {.watch = watch, .ask = ask, .metrics = metrics, .self = p};
    p->progress = sgr_progress_new(style, sgr_use_color(p->cli, 1), p->rollout);
    sgr_progress_keep_page(p->progress, sgr_cli_value(p->cli, SGR_OPT_report));
    p->cluster = sgr_session_open(p->cli, p->declarations, &listener);
    if (p->cluster != NULL) {
        p->metrics = sgr_metrics_new(sgr_cli_value(p->cli, SGR_OPT_metrics_file), p->rollout,
                                     sgr_cluster_namespace(p->cluster));
    }
    return p->cluster != NULL;
}

/* The declarations, the rollout and the session. False after a complaint. */
static bool prepare(struct performance *p, const char *name, enum sgr_progress_style style)
{
    if (!sgr_script_declarations(p->script, p->machine, &p->declarations)) {
        return false;
    }
    p->declarations = sgr_declarations_in(p->cli, sgr_machine_heap(p->machine), p->declarations);
    p->rollout = sgr_find_rollout(p->declarations, name);
    if (sgr_is_absent(p->rollout)) {
        return false;
    }
    return open_session(p, style);
}

/* ---- before the first write ---- */

bool sgr_look(struct sgr_script *script, struct sgr_machine *machine, struct sgr_cluster *cluster,
              const char *routine, sgr_value declarations, sgr_value rollout)
{
    uint32_t entry = sgr_program_entry(script->program, sgr_str_from(routine));
    sgr_value arguments[] = {rollout, declarations};
    struct sgr_run *run =
        sgr_run_new(machine, sgr_cluster_host(cluster), sgr_path_str(rollout, "name"), entry,
                    arguments, 2, sgr_cluster_now(cluster));
    enum sgr_stop stop = sgr_cluster_look(cluster, run);
    const struct sgr_failure *failure = sgr_run_failure(run);
    bool ok = stop == SGR_STOP_NONE && (failure == NULL || failure->text == NULL);
    if (!ok) {
        (void)sgr_complain(SGR_EXIT_FAULT, "%s",
                           stop == SGR_STOP_NONE          ? failure->text
                           : stop == SGR_STOP_INTERRUPTED ? "interrupted"
                                                          : "the lock was lost");
    }
    sgr_run_free(run);
    return ok;
}

static void nothing_changed(struct sgr_cluster *cluster)
{
    (void)sgr_complain(SGR_EXIT_FAULT, "nothing was changed in namespace %s of %s",
                       sgr_cluster_namespace(cluster), sgr_cluster_server(cluster));
}

bool sgr_preflight(struct sgr_script *script, struct sgr_machine *machine,
                   struct sgr_cluster *cluster, sgr_value declarations, sgr_value rollout)
{
    sgr_value arguments[] = {declarations, rollout}, rules;
    struct sgr_buf problems;
    if (!sgr_script_call(script, machine, "std/rbac:rules_of", arguments, 2, &rules)) {
        return false;
    }
    sgr_buf_init(&problems, DOCUMENT_MAX);
    bool guarded = sgr_count_of(sgr_field(declarations, SGR_STR("guards"))) > 0;
    bool ok = sgr_cluster_preflight(cluster, rules, guarded, &problems);
    fprintf(stderr, "%s", sgr_buf_str(&problems).len > 0 ? problems.ptr : "");
    ok = ok && sgr_look(script, machine, cluster, "std/run:look", declarations, rollout);
    if (!ok) {
        nothing_changed(cluster);
    }
    sgr_buf_release(&problems);
    return ok;
}

/* Whether the server would take what the run writes: a kind that it does not serve, a field of
 * another manager and a refusal by admission are better known before the first write. Under the
 * lock, so that nobody else's rollout comes between. */
static bool rehearse(struct performance *p)
{
    struct sgr_heap *heap = sgr_heap_new(DOCUMENT_MAX);
    p->dry_run = sgr_dry_run_new(heap);
    bool ok = sgr_look(p->script, p->machine, p->cluster, "std/run:planned", p->declarations,
                       p->rollout) &&
              sgr_dry_run_all(p->dry_run, p->cluster, NULL, NULL);
    sgr_dry_run_free(p->dry_run);
    p->dry_run = NULL;
    sgr_heap_free(heap);
    if (!ok) {
        nothing_changed(p->cluster);
    }
    return ok;
}

static sgr_value status_of(const struct sgr_cluster_record *record, struct sgr_heap *heap)
{
    sgr_value status = sgr_absent();
    (void)sgr_json_read(heap, sgr_buf_str(&record->status), &status, NULL);
    return status;
}

static bool is_over(const struct sgr_cluster_record *record)
{
    struct sgr_heap *heap = sgr_heap_new(16 << 20);
    sgr_value over = sgr_field(status_of(record, heap), SGR_STR("over"));
    bool is = over.tag == SGR_BOOL && over.as.i != 0;
    sgr_heap_free(heap);
    return is;
}

/* A run that is over answers with its outcome, however often it is asked. */
static int report_over(const char *name, const struct sgr_cluster_record *record)
{
    struct sgr_heap *heap = sgr_heap_new(16 << 20);
    sgr_value status = status_of(record, heap);
    int code = sgr_outcome_status(status);
    (void)sgr_complain(code, "the run %s is over: %.*s", name,
                       SGR_FMT(sgr_path_str(status, "outcome")));
    sgr_heap_free(heap);
    return code;
}

/* A run of this name that somebody began and nobody ended stands in the way. */
static int look_for_rest(struct performance *p, const char *name)
{
    struct sgr_cluster_record record;
    struct sgr_error error = {0};
    if (!sgr_cluster_load(p->cluster, sgr_str_from(name), &record, &error)) {
        sgr_cluster_record_release(&record);
        return fault(SGR_EXIT_FAULT, &error);
    }
    bool open = record.found && record.snapshot.len > 0 && !is_over(&record);
    sgr_cluster_record_release(&record);
    if (!open) {
        return SGR_EXIT_OK;
    }
    return sgr_complain(
        SGR_EXIT_LOCKED,
        "a run of %s was interrupted; go on with `sgrc resume %s -n %s`, take it back "
        "with `sgrc abort %s -n %s`, or replace it with --supersede",
        name, name, sgr_cluster_namespace(p->cluster), name, sgr_cluster_namespace(p->cluster));
}

/* Whether an earlier pod of our Job has begun the run. */
static bool is_begun_by_us(struct performance *p, const char *name)
{
    struct sgr_cluster_record record;
    struct sgr_heap *heap = sgr_heap_new(DOCUMENT_MAX);
    sgr_value parameters = sgr_absent();
    bool is = run_of() != NULL && sgr_cluster_load(p->cluster, sgr_str_from(name), &record, NULL);
    if (is) {
        is = record.found &&
             sgr_json_read(heap, sgr_buf_str(&record.parameters), &parameters, NULL) &&
             sgr_str_is(sgr_path_str(parameters, "of"), run_of());
        sgr_cluster_record_release(&record);
    }
    sgr_heap_free(heap);
    return is;
}

static int take_lock(struct performance *p, const char *name, int64_t wait_ms)
{
    struct sgr_error error = {0};
    switch (sgr_cluster_lock(p->cluster, sgr_str_from(name), wait_ms, &error)) {
    case SGR_LOCK_HELD:
        return SGR_EXIT_OK;
    case SGR_LOCK_OTHERS:
        return fault(SGR_EXIT_LOCKED, &error);
    default:
        return fault(SGR_EXIT_FAULT, &error);
    }
}

static int begin_metrics(struct performance *p, const char *name)
{
    struct sgr_error error = {0};
    return sgr_cluster_export(p->cluster, sgr_str_from(name), &error)
               ? SGR_EXIT_OK
               : fault(SGR_EXIT_FAULT, &error);
}

/* ---- driving ---- */

static int ended(struct performance *p, struct sgr_run *run, enum sgr_stop stop)
{
    const char *namespace = sgr_cluster_namespace(p->cluster);
    sgr_str name = sgr_run_name(run);
    if (stop == SGR_STOP_INTERRUPTED) {
        return sgr_complain(SGR_EXIT_INTERRUPTED,
                            "interrupted; go on with `sgrc resume %.*s -n %s`", SGR_FMT(name),
                            namespace);
    }
    if (stop == SGR_STOP_LOCK_LOST) {
        return sgr_complain(SGR_EXIT_LOCKED,
                            "somebody else performs %.*s now; `sgrc status %.*s -n "
                            "%s` tells who",
                            SGR_FMT(name), SGR_FMT(name), namespace);
    }
    const struct sgr_failure *failure = sgr_run_failure(run);
    if (failure != NULL && failure->text != NULL) {
        bool clean = sgr_count_of(sgr_run_undo_log(run)) == 0;
        return sgr_complain(clean ? SGR_EXIT_FAULT : SGR_EXIT_LEFT, "%s%s", failure->text,
                            clean ? "; nothing was changed" : "");
    }
    return sgr_outcome_status(sgr_progress_outcome(p->progress));
}

static int drive(struct performance *p, struct sgr_run *run)
{
    driving = 1;
    enum sgr_stop stop = sgr_cluster_drive(p->cluster, run);
    driving = 0;
    int status = ended(p, run, stop);
    sgr_run_free(run);
    return status;
}

/* ---- beginning ---- */

/* { rollout, prometheus, params, of }: what a resuming sgrc needs besides the program. The address
 * is kept without a user and password in it. */
static void parameters_text(struct performance *p, struct sgr_buf *out)
{
    struct sgr_heap *heap = sgr_heap_new(DOCUMENT_MAX);
    struct sgr_record_builder builder;
    const char *prometheus = sgr_cli_value(p->cli, SGR_OPT_prometheus);
    sgr_record_begin(&builder, heap);
    sgr_record_set(&builder, SGR_STR("rollout"),
                   sgr_value_copy(heap, sgr_field(p->rollout, SGR_STR("name"))));
    if (prometheus != NULL && strchr(prometheus, '@') == NULL) {
        sgr_record_set(&builder, SGR_STR("prometheus"), sgr_string(heap, sgr_str_from(prometheus)));
    }
    sgr_record_set(&builder, SGR_STR("params"), sgr_machine_params(p->machine, heap));
    if (run_of() != NULL) {
        sgr_record_set(&builder, SGR_STR("of"), sgr_string(heap, sgr_str_from(run_of())));
    }
    (void)sgr_value_json(sgr_record_end(&builder), out);
    sgr_heap_free(heap);
}

static bool begin_record(struct performance *p, const char *name, struct sgr_error *error)
{
    struct sgr_buf program, parameters;
    sgr_buf_init(&program, DOCUMENT_MAX);
    sgr_buf_init(&parameters, DOCUMENT_MAX);
    sgr_program_save(p->script->program, &program);
    parameters_text(p, &parameters);
    bool ok = sgr_cluster_begin(p->cluster, sgr_str_from(name), sgr_buf_str(&program),
                                sgr_buf_str(&parameters), error);
    sgr_buf_release(&program);
    sgr_buf_release(&parameters);
    return ok;
}

static struct sgr_run *new_run(struct performance *p)
{
    uint32_t entry = sgr_program_entry(p->script->program, SGR_STR("std/run:perform"));
    sgr_value arguments[] = {p->rollout, p->declarations};
    return sgr_run_new(p->machine, sgr_cluster_host(p->cluster), sgr_path_str(p->rollout, "name"),
                       entry, arguments, 2, sgr_cluster_now(p->cluster));
}

/* --supersede: whoever performs the rollout now is asked to take it back, and waited for. */
static int supersede(struct performance *p, const char *name)
{
    struct sgr_error error = {0};
    enum sgr_lock lock = sgr_cluster_lock(p->cluster, sgr_str_from(name), 0, &error);
    sgr_error_release(&error);
    error = (struct sgr_error){0};
    if (lock == SGR_LOCK_OTHERS) {
        if (!sgr_cluster_abort(p->cluster, sgr_str_from(name), SGR_STR("superseded"), &error)) {
            return fault(SGR_EXIT_FAULT, &error);
        }
        int status = take_lock(p, name, SUPERSEDE_MS);
        if (status != SGR_EXIT_OK) {
            return status;
        }
    }
    sgr_cluster_unlock(p->cluster);
    int status = sgr_perform_rest(p->cli, p->declarations, name, "superseded");
    return status == SGR_EXIT_ROLLED_BACK || status == SGR_EXIT_OK ? SGR_EXIT_OK : status;
}

static int begin(struct performance *p, const char *name)
{
    struct sgr_error error = {0};
    int status = sgr_cli_has(p->cli, SGR_OPT_supersede) ? supersede(p, name) : SGR_EXIT_OK;
    catch_signals(p->cluster);
    status = status == SGR_EXIT_OK ? take_lock(p, name, run_of() != NULL ? LEASE_MS : 0) : status;
    status = status == SGR_EXIT_OK ? look_for_rest(p, name) : status;
    status = status == SGR_EXIT_OK && !rehearse(p) ? SGR_EXIT_FAULT : status;
    status = status == SGR_EXIT_OK ? begin_metrics(p, name) : status;
    if (status == SGR_EXIT_OK) {
        status = begin_record(p, name, &error) ? drive(p, new_run(p)) : refused(p, &error);
    }
    return status;
}

int sgr_perform(struct sgr_script *script, const struct sgr_cli *cli, struct sgr_machine *machine,
                enum sgr_progress_style style)
{
    struct performance p = {.cli = cli, .script = script, .machine = machine};
    int status = SGR_EXIT_FAULT;
    if (prepare(&p, sgr_cli_value(cli, SGR_OPT_rollout), style)) {
        const char *name = sgr_path_str(p.rollout, "name").ptr;
        if (is_begun_by_us(&p, name)) {
            status = sgr_perform_rest(cli, p.declarations, name, NULL);
        } else if (sgr_preflight(script, machine, p.cluster, p.declarations, p.rollout)) {
            status = begin(&p, name);
        }
    }
    release(&p);
    return status;
}

/* ---- going on ---- */

/* The machine of a recorded run, with its parameters; `document` gets { rollout, prometheus }. */
static struct sgr_machine *recorded_machine(struct sgr_program *program, sgr_str parameters,
                                            struct sgr_heap *heap, sgr_value *document,
                                            struct sgr_error *error)
{
    struct sgr_machine *machine = sgr_machine_new(program, NULL);
    bool ok = sgr_json_read(heap, parameters, document, error);
    sgr_value params = sgr_field(*document, SGR_STR("params"));
    for (size_t i = 0; ok && params.tag == SGR_RECORD && i < sgr_count_of(params); i++) {
        ok = sgr_param_set_value(machine, program, sgr_key(params, i), sgr_field_at(params, i),
                                 error);
    }
    if (!ok) {
        sgr_machine_free(machine);
        return NULL;
    }
    return machine;
}

static int go_on(struct performance *p, const struct sgr_cluster_record *record, const char *reason)
{
    struct sgr_error error = {0};
    struct sgr_run *run =
        record->snapshot.len == 0
            ? new_run(p)
            : sgr_run_decode(p->machine, sgr_cluster_host(p->cluster),
                             sgr_buf_str(&record->snapshot), sgr_cluster_now(p->cluster), &error);
    if (run == NULL) {
        return fault(SGR_EXIT_FAULT, &error);
    }
    if (reason != NULL) {
        sgr_run_raise(run, "aborted", reason);
    }
    return drive(p, run);
}

/* Reads what is kept of the run, through a session that lasts no longer. */
static bool read_record(const struct sgr_cli *cli, sgr_value declarations, const char *name,
                        struct sgr_cluster_record *record, char namespace[256])
{
    struct sgr_cluster *cluster = sgr_session_open(cli, declarations, NULL);
    bool ok = cluster != NULL && sgr_load_record(cluster, name, record);
    snprintf(namespace, 256, "%s", cluster != NULL ? sgr_cluster_namespace(cluster) : "");
    sgr_session_close(cluster);
    return ok;
}

/* What was given on the command line that began the run, unless it is given again. */
static void restore_options(struct performance *p, sgr_value document, const char *namespace)
{
    struct sgr_heap *heap = sgr_machine_heap(p->machine);
    sgr_value cluster = sgr_field(p->declarations, SGR_STR("cluster"));
    sgr_value prometheus = sgr_field(document, SGR_STR("prometheus"));
    cluster = sgr_record_with(heap, cluster, SGR_STR("namespace"),
                              sgr_string(heap, sgr_str_from(namespace)));
    cluster = sgr_record_with(heap, cluster, SGR_STR("context"), sgr_absent());
    if (!sgr_is_absent(prometheus)) {
        cluster =
            sgr_record_with(heap, cluster, SGR_STR("prometheus"), sgr_value_copy(heap, prometheus));
    }
    p->declarations = sgr_record_with(heap, p->declarations, SGR_STR("cluster"), cluster);
}

/* Program and machine anew from the record, and a session like the one before. */
static bool prepare_rest(struct performance *p, const char *name,
                         const struct sgr_cluster_record *record, const char *namespace)
{
    struct sgr_error error = {0};
    struct sgr_heap *heap = sgr_heap_new(DOCUMENT_MAX);
    sgr_value document = sgr_absent();
    p->script->program =
        sgr_program_load(sgr_buf_str(&record->program), sgr_builtins, sgr_builtin_count, &error);
    p->machine = p->script->program != NULL
                     ? recorded_machine(p->script->program, sgr_buf_str(&record->parameters), heap,
                                        &document, &error)
                     : NULL;
    bool ok = p->machine != NULL;
    if (!ok) {
        sgr_error_wrap(&error, "the run %s", name);
        (void)fault(SGR_EXIT_FAULT, &error);
    }
    ok = ok && sgr_script_declarations(p->script, p->machine, &p->declarations);
    if (ok) {
        restore_options(p, document, namespace);
        p->rollout = sgr_find_rollout(p->declarations, name);
        ok = !sgr_is_absent(p->rollout);
    }
    ok = ok && open_session(p, sgr_pick_style(p->cli));
    sgr_heap_free(heap);
    return ok;
}

/* Under the lock: the record as it is now must be of the same program. */
static int rest_under_lock(struct performance *p, const char *name, sgr_str program,
                           const char *reason)
{
    struct sgr_cluster_record record;
    struct sgr_error error = {0};
    int status;
    if (!sgr_cluster_take(p->cluster, sgr_str_from(name), &record, &error)) {
        status = refused(p, &error);
    } else if (!record.found || !sgr_str_equal(sgr_buf_str(&record.program), program)) {
        status = sgr_complain(SGR_EXIT_LOCKED, "the run %s was replaced by another one", name);
    } else if (is_over(&record)) {
        status = report_over(name, &record);
    } else {
        status = begin_metrics(p, name);
        status = status == SGR_EXIT_OK ? go_on(p, &record, reason) : status;
    }
    sgr_cluster_record_release(&record);
    return status;
}

int sgr_perform_rest(const struct sgr_cli *cli, sgr_value declarations, const char *name,
                     const char *reason)
{
    struct sgr_script script = {.path = name};
    struct performance p = {.cli = cli, .script = &script};
    struct sgr_cluster_record record;
    struct sgr_error error = {0};
    char namespace[256];
    int status = SGR_EXIT_FAULT;
    if (!read_record(cli, declarations, name, &record, namespace)) {
        return status;
    }
    if (is_over(&record)) {
        status = report_over(name, &record);
    } else if (prepare_rest(&p, name, &record, namespace)) {
        catch_signals(p.cluster);
        enum sgr_lock lock = sgr_cluster_lock(p.cluster, sgr_str_from(name), LEASE_MS, &error);
        if (lock == SGR_LOCK_HELD) {
            status = rest_under_lock(&p, name, sgr_buf_str(&record.program), reason);
        } else {
            status = fault(lock == SGR_LOCK_OTHERS ? SGR_EXIT_LOCKED : SGR_EXIT_FAULT, &error);
        }
    }
    release(&p);
    if (p.machine != NULL) {
        sgr_machine_free(p.machine);
    }
    sgr_program_unref(script.program);
    sgr_cluster_record_release(&record);
    return status;
}
