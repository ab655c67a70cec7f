/* The cluster host against a real API server: runs made of single effects, their undoing, the run
 * record, the lock, and runs that are killed and resumed. KUBECONFIG names the cluster;
 * SGR_TEST_KUBECTL plays the other people. Exits with 77 where there is no cluster. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "k8s/client.h"
#include "k8s/cluster.h"
#include "k8s/cluster_private.h"
#include "k8s/codec.h"

#define CHECK(condition, ...)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("FAILED %s:%d: %s: ", __func__, __LINE__, #condition);                          \
            printf(__VA_ARGS__);                                                                   \
            printf("\n");                                                                          \
            world.failed++;                                                                        \
            return;                                                                                \
        }                                                                                          \
    } while (0)

static struct {
    struct sgr_heap *heap;
    char space[64];
    unsigned failed;
    char message[4096]; /* the last one of the host */
    int kill_at;        /* leave at the n-th save, or 0 */
    int saves;
    const char *state_dir;
    bool force;
    size_t story_length; /* 0: all of it */
} world;

/* ---- the other people ---- */

static bool shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static bool shell(const char *format, ...)
{
    char arguments[2048], command[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(arguments, sizeof arguments, format, args);
    va_end(args);
    snprintf(command, sizeof command, "%s -n %s %s >/dev/null", getenv("SGR_TEST_KUBECTL"),
             world.space, arguments);
    return system(command) == 0;
}

/* What kubectl prints, without the line break at the end. */
static const char *ask(const char *format, ...) __attribute__((format(printf, 1, 2)));
static const char *ask(const char *format, ...)
{
    static char out[65536];
    char arguments[2048], command[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(arguments, sizeof arguments, format, args);
    va_end(args);
    snprintf(command, sizeof command, "%s -n %s %s 2>&1", getenv("SGR_TEST_KUBECTL"), world.space,
             arguments);
    FILE *pipe = popen(command, "r");
    size_t length = fread(out, 1, sizeof out - 1, pipe);
    pclose(pipe);
    out[length] = '\0';
    return out;
}

/* ---- runs ---- */

struct step {
    enum sgr_effect_kind kind;
    sgr_value args[4];
    size_t count;
};

static sgr_value yaml(const char *text)
{
    struct sgr_buf out;
    struct sgr_error error = {0};
    sgr_value documents;
    sgr_buf_init(&out, 1 << 20);
    for (const char *at = text; *at != '\0'; at++) {
        if (strncmp(at, "NS", 2) == 0) {
            sgr_buf_cstr(&out, world.space);
            at++;
        } else {
            sgr_buf_byte(&out, *at);
        }
    }
    if (!sgr_yaml_read(world.heap, sgr_buf_str(&out), &documents, &error)) {
        printf("bad YAML in a test: %s\n", error.text);
        exit(2);
    }
    sgr_buf_release(&out);
    return sgr_item(documents, 0);
}

static sgr_value text(const char *s)
{
    return sgr_string(world.heap, sgr_str_from(s));
}

static struct step apply(const char *object)
{
    return (struct step){SGR_EFFECT_APPLY, {yaml(object), text("objects")}, 2};
}

static struct step patch(const char *ref, const char *what)
{
    return (struct step){SGR_EFFECT_PATCH, {yaml(ref), yaml(what), text("capacity")}, 3};
}

static struct step read_it(const char *ref)
{
    return (struct step){SGR_EFFECT_READ, {yaml(ref)}, 1};
}

static struct step delete_it(const char *ref)
{
    return (struct step){SGR_EFFECT_DELETE, {yaml(ref), text("objects")}, 2};
}

static struct step undo(void)
{
    return (struct step){SGR_EFFECT_UNDO, {text("")}, 1};
}

static struct step nap(int64_t ms)
{
    return (struct step){SGR_EFFECT_SLEEP, {sgr_unit_i(SGR_DURATION, ms)}, 1};
}

/* A program that performs the effects one after another and returns the last answer. */
static struct sgr_program *program_of(const struct step *steps, size_t count)
{
    struct sgr_error error = {0};
    struct sgr_builder *builder = sgr_builder_new(NULL, 0);
    uint32_t file = sgr_builder_file(builder, SGR_STR("test.sgr"));
    uint32_t function = sgr_builder_function(builder, SGR_STR("main"), 0, 0);
    sgr_builder_export(builder, SGR_STR("main"), false, function);
    struct sgr_code *code = sgr_code_begin(builder, function);
    for (size_t i = 0; i < count; i++) {
        sgr_code_place(code, file, (uint32_t)i + 1, 1);
        for (size_t k = 0; k < steps[i].count; k++) {
            sgr_code_emit_wide(code, SGR_OPCODE(LOAD), (unsigned)k,
                               (int32_t)sgr_builder_constant(builder, steps[i].args[k]));
        }
        sgr_code_emit(code, SGR_OPCODE(EFFECT), 0, steps[i].kind, (unsigned)steps[i].count);
    }
    sgr_code_emit(code, SGR_OPCODE(RETURN), 0, 0, 0);
    sgr_code_end(code);
    struct sgr_program *program = sgr_builder_finish(builder, &error);
    if (program == NULL) {
        printf("bad program in a test: %s\n", error.text);
        exit(2);
    }
    return program;
}

static void watch(void *self, const struct sgr_report *report)
{
    (void)self;
    if (strcmp(report->kind, "message") == 0) {
        snprintf(world.message, sizeof world.message, "%.*s",
                 SGR_FMT(sgr_path_str(report->fields, "text")));
    }
}

static struct sgr_cluster *open_cluster(void)
{
    struct sgr_error error = {0};
    struct sgr_cluster_options options = {.namespace = world.space,
                                          .watch = watch,
                                          .state_dir = world.state_dir,
                                          .force_conflicts = world.force};
    struct sgr_cluster *cluster = sgr_cluster_new(&options, &error);
    if (cluster == NULL) {
        printf("%s\n", error.text);
        exit(2);
    }
    return cluster;
}

struct outcome {
    enum sgr_run_state state;
    char kind[16], text[2048];
    sgr_value result;
};

static struct outcome outcome_of(struct sgr_run *run, enum sgr_run_state state)
{
    struct outcome outcome = {.state = state, .result = sgr_absent()};
    if (state == SGR_RUN_DONE) {
        outcome.result = sgr_value_copy(world.heap, sgr_run_result(run));
    } else if (sgr_run_failure(run) != NULL) {
        snprintf(outcome.kind, sizeof outcome.kind, "%s", sgr_run_failure(run)->kind);
        snprintf(outcome.text, sizeof outcome.text, "%s", sgr_run_failure(run)->text);
    }
    return outcome;
}

/* Performs the effects without record and lock. */
static struct outcome perform(const struct step *steps, size_t count)
{
    struct sgr_cluster *cluster = open_cluster();
    struct sgr_program *program = program_of(steps, count);
    struct sgr_machine *machine = sgr_machine_new(program, NULL);
    struct sgr_run *run =
        sgr_run_new(machine, sgr_cluster_host(cluster), SGR_STR("test"),
                    sgr_program_entry(program, SGR_STR("main")), NULL, 0, sgr_cluster_now(cluster));
    world.message[0] = '\0';
    (void)sgr_cluster_drive(cluster, run);
    struct outcome outcome = outcome_of(run, sgr_run_advance(run, sgr_cluster_now(cluster)));
    sgr_run_free(run);
    sgr_machine_free(machine);
    sgr_program_unref(program);
    sgr_cluster_free(cluster);
    return outcome;
}
#define PERFORM(...)                                                                               \
    perform((const struct step[]){__VA_ARGS__},                                                    \
            sizeof((const struct step[]){__VA_ARGS__}) / sizeof(struct step))

#define WEB "{apiVersion: apps/v1, kind: Deployment, name: web, namespace: NS}"
static const char *const web =
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: NS, labels: {app: "
    "web}}\n"
    "spec:\n  replicas: 2\n  selector: {matchLabels: {app: web}}\n  template:\n"
    "    metadata: {labels: {app: web}}\n    spec:\n      containers:\n"
    "      - {name: web, image: \"example/web:1\"}\n";
static const char *const web2 =
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: NS, labels: {app: "
    "web, v: \"2\"}}\n"
    "spec:\n  replicas: 4\n  selector: {matchLabels: {app: web}}\n  template:\n"
    "    metadata: {labels: {app: web}}\n    spec:\n      containers:\n"
    "      - {name: web, image: \"example/web:2\", env: [{name: A, value: b}]}\n"
    "      - {name: side, image: \"example/side:1\"}\n";
#define MAP "{apiVersion: v1, kind: ConfigMap, name: conf, namespace: NS}"
static const char *const map =
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf, namespace: NS}\n"
    "data: {a: \"1\"}\n";

/* Everything but what the server counts: what has to be as it was. */
static void state_of(char *out, size_t size)
{
    snprintf(
        out, size, "%s",
        ask("get deployments,configmaps,services -o json --show-managed-fields | python3 -c \"\n"
            "import json,sys\n"
            "for o in sorted(json.load(sys.stdin)['items'], key=lambda o: (o['kind'], "
            "o['metadata']['name'])):\n"
            "    m = o['metadata']\n"
            "    if m['name'].startswith(('sgr-', 'kube-root')): continue\n"
            "    for k in ('resourceVersion', 'generation', 'uid', 'creationTimestamp'): m.pop(k, "
            "None)\n"
            "    m.get('annotations', {}).pop('deployment.kubernetes.io/revision', None)\n"
            "    m.get('annotations') or m.pop('annotations', None)\n"
            "    m.get('labels') or m.pop('labels', None)\n"
            "    o.pop('status', None)\n"
            "    m['managedFields'] = sorted(([e['manager'], e['operation'], "
            "json.dumps(e['fieldsV1'], "
            "sort_keys=True)] for e in m.get('managedFields', []) if 'subresource' not in e))\n"
            "    print(json.dumps(o, sort_keys=True))\n\""));
}

/* A Deployment that somebody else has made. */
static bool people_make_web(void)
{
    return shell(
               "create deployment web --image=example/web:1 --replicas=2 --field-manager=people") &&
           shell("label deployment web team=blue --field-manager=labels") &&
           shell("rollout status deployment/web --timeout=30s");
}

/* ---- effects ---- */

static void reads(void)
{
    struct outcome o = PERFORM(read_it(MAP));
    CHECK(o.state == SGR_RUN_DONE && sgr_is_absent(o.result), "%s", o.text);
    o = PERFORM(apply(map), read_it(MAP));
    CHECK(o.state == SGR_RUN_DONE && sgr_str_is(sgr_path_str(o.result, "data/a"), "1"), "%s",
          o.text);
    o = PERFORM(apply(map), nap(300), patch(MAP, "data: {a: \"2\"}"), read_it(MAP));
    CHECK(sgr_str_is(sgr_path_str(o.result, "data/a"), "2"), "a read older than our own write");
    struct step list = {
        SGR_EFFECT_LIST,
        {yaml("{apiVersion: v1, kind: ConfigMap, name: x, namespace: NS}"), yaml("{}")},
        2};
    o = perform(&list, 1);
    CHECK(o.state == SGR_RUN_DONE && sgr_count_of(o.result) == 2, "%zu", sgr_count_of(o.result));
    o = PERFORM(delete_it(MAP), delete_it(MAP));
    CHECK(o.state == SGR_RUN_DONE && o.result.tag == SGR_BOOL && !o.result.as.i, "%s", o.text);
}

static void failures_name_the_object(void)
{
    struct outcome o = PERFORM(patch(MAP, "data: {a: \"2\"}"));
    CHECK(o.state == SGR_RUN_FAILED && strcmp(o.kind, "missing") == 0, "%s %s", o.kind, o.text);
    CHECK(strstr(o.text, "ConfigMap") && strstr(o.text, "/conf: it is not there"), "%s", o.text);
    o = PERFORM(
        apply("apiVersion: apps/v1\nkind: Deploymint\nmetadata: {name: x, namespace: NS}\n"));
    CHECK(strcmp(o.kind, "no_api") == 0, "%s %s", o.kind, o.text);
    struct step sample = {SGR_EFFECT_SAMPLE, {yaml("promql: up")}, 1};
    o = perform(&sample, 1);
    CHECK(strcmp(o.kind, "no_signal") == 0, "%s %s", o.kind, o.text);
}

static void undo_removes_what_was_made(void)
{
    char before[65536], after[65536];
    state_of(before, sizeof before);
    struct outcome o = PERFORM(apply(web), apply(map), patch(WEB, "spec: {replicas: 3}"), undo());
    CHECK(o.state == SGR_RUN_DONE, "%s", o.text);
    CHECK(shell("wait --for=delete deployment/web --timeout=30s") || true, "gone");
    state_of(after, sizeof after);
    CHECK(strcmp(before, after) == 0, "before:\n%s\nafter:\n%s", before, after);
}

static void undo_restores_values_and_owners(void)
{
    static char before[65536], after[65536];
    CHECK(people_make_web(), "kubectl");
    state_of(before, sizeof before);
    struct outcome o = PERFORM(
        patch(WEB, "spec: {replicas: 5, template: {spec: {terminationGracePeriodSeconds: 5}}}"),
        patch(WEB, "{metadata: {annotations: {a: b}, labels: {team: red}}, spec: {paused: true}}"),
        undo());
    CHECK(o.state == SGR_RUN_DONE, "%s %s", o.kind, o.text);
    state_of(after, sizeof after);
    CHECK(strcmp(before, after) == 0, "before:\n%s\nafter:\n%s", before, after);
}

static void undo_restores_after_an_apply(void)
{
    CHECK(people_make_web(), "kubectl");
    struct outcome o = PERFORM(apply(web2));
    CHECK(o.state == SGR_RUN_FAILED && strcmp(o.kind, "conflict") == 0 &&
              strstr(o.text, "belongs to people"),
          "%s %s", o.kind, o.text);
    CHECK(shell("delete deployment web --wait"), "kubectl");
    o = PERFORM(apply(web));
    CHECK(o.state == SGR_RUN_DONE, "%s", o.text);
    CHECK(shell("scale deployment web --replicas=3") &&
              shell("rollout status deployment/web --timeout=30s"),
          "kubectl");
    world.force = true;
    o = PERFORM(apply(web2), patch(WEB, "spec: {replicas: 7}"), apply(web), delete_it(WEB), undo());
    world.force = false;
    CHECK(o.state == SGR_RUN_DONE, "%s %s", o.kind, o.text);
    o = PERFORM(read_it(WEB));
    CHECK(sgr_path_int(o.result, "spec/replicas", 0) == 3, "replicas after: %ld",
          (long)sgr_path_int(o.result, "spec/replicas", 0));
}

static void undo_leaves_what_others_changed(void)
{
    CHECK(people_make_web(), "kubectl");
    struct sgr_cluster *cluster = open_cluster();
    struct step steps[] = {patch(WEB, "spec: {replicas: 5, minReadySeconds: 3}"),
                           {SGR_EFFECT_ASK, {text("go on?"), sgr_unit_i(SGR_DURATION, 3000)}, 2},
                           undo()};
    struct sgr_program *program = program_of(steps, 3);
    struct sgr_machine *machine = sgr_machine_new(program, NULL);
    struct sgr_run *run =
        sgr_run_new(machine, sgr_cluster_host(cluster), SGR_STR("test"),
                    sgr_program_entry(program, SGR_STR("main")), NULL, 0, sgr_cluster_now(cluster));
    pid_t child = fork();
    if (child == 0) {
        for (int i = 0;
             i < 100 && atoi(ask("get deployment web -o jsonpath={.spec.replicas}")) != 5; i++) {
            usleep(20000);
        }
        _exit(shell("scale deployment web --replicas=8") ? 0 : 1);
    }
    (void)sgr_cluster_drive(cluster, run);
    waitpid(child, NULL, 0);
    sgr_run_free(run);
    sgr_machine_free(machine);
    sgr_program_unref(program);
    sgr_cluster_free(cluster);
    CHECK(strstr(world.message, "keeps .spec.replicas: somebody else has changed it since"), "%s",
          world.message);
    CHECK(atoi(ask("get deployment web -o jsonpath={.spec.replicas}")) == 8, "replicas");
    CHECK(strcmp(ask("get deployment web -o jsonpath={.spec.minReadySeconds}"), "") == 0,
          "minReadySeconds");
}

static void jobs_run_to_their_end(void)
{
    struct step job = {
        SGR_EFFECT_JOB,
        {yaml("apiVersion: batch/v1\nkind: Job\nmetadata: {name: smoke, namespace: NS}\nspec:\n"
              "  backoffLimit: 0\n  template: {spec: {restartPolicy: Never, containers: [{name: a, "
              "image: \"example/job:1\"}]}}\n"),
         sgr_unit_i(SGR_DURATION, 4000)},
        2};
    struct outcome o = perform(&job, 1);
    /* Nothing ends a pod of this cluster, so the Job is marked as ended by hand or runs into its
     * limit. */
    CHECK(o.state == SGR_RUN_FAILED ? strcmp(o.kind, "deadline") == 0 : sgr_count_of(o.result) == 2,
          "%s %s", o.kind, o.text);
    CHECK(strstr(ask("get job smoke -o name"), "job.batch/smoke"), "the job was not made");
    CHECK(shell("delete job smoke"), "kubectl");
}

static void events_are_on_the_object(void)
{
    struct step event = {SGR_EFFECT_EVENT,
                         {yaml(WEB), text("Normal"), text("Shifted"), text("5% to the new track")},
                         4};
    CHECK(people_make_web(), "kubectl");
    struct outcome o = PERFORM(read_it(WEB), event, nap(500));
    CHECK(o.state == SGR_RUN_DONE, "%s", o.text);
    CHECK(strstr(ask("get events --field-selector reason=Shifted -o jsonpath={.items[*].message}"),
                 "5% to the new track"),
          "%s", ask("get events"));
}

/* ---- the record and the lock ---- */

static bool save_and_maybe_die(void *self, struct sgr_run *run, sgr_str snapshot,
                               struct sgr_error *error);

static struct sgr_host counting_host(struct sgr_cluster *cluster)
{
    static struct sgr_host_ops ops;
    struct sgr_host host = sgr_cluster_host(cluster);
    ops = *host.ops;
    ops.save = save_and_maybe_die;
    ops.defer = NULL; /* each snapshot is saved by itself, and counted */
    return (struct sgr_host){&ops, host.self};
}

static bool save_and_maybe_die(void *self, struct sgr_run *run, sgr_str snapshot,
                               struct sgr_error *error)
{
    struct sgr_host host = sgr_cluster_host(self);
    bool ok = host.ops->save(self, run, snapshot, error);
    if (++world.saves == world.kill_at) {
        _exit(9);
    }
    return ok;
}

static const struct step *story(size_t *count)
{
    static struct step steps[6];
    steps[0] = apply(map);
    steps[1] = patch(WEB, "spec: {replicas: 6, minReadySeconds: 2}");
    steps[2] = patch(MAP, "data: {a: \"3\", b: \"4\"}");
    steps[3] = apply("apiVersion: v1\nkind: Service\nmetadata: {name: front, namespace: NS}\n"
                     "spec: {selector: {app: web}, ports: [{name: http, port: 80}]}\n");
    steps[4] = undo();
    steps[5] = read_it(MAP);
    *count = world.story_length ? world.story_length : 6;
    return steps;
}

/* Begins the story in this process; with `kill_after_ms` or `kill_at` it does not come back. */
static enum sgr_run_state begin_story(void)
{
    size_t count;
    struct sgr_error error = {0};
    struct sgr_cluster *cluster = open_cluster();
    const struct step *steps = story(&count);
    struct sgr_program *program = program_of(steps, count);
    struct sgr_machine *machine = sgr_machine_new(program, NULL);
    struct sgr_buf bytes;
    sgr_buf_init(&bytes, 1 << 24);
    sgr_program_save(program, &bytes);
    bool ok =
        sgr_cluster_lock(cluster, SGR_STR("story"), 40000, &error) == SGR_LOCK_HELD &&
        sgr_cluster_begin(cluster, SGR_STR("story"), sgr_buf_str(&bytes), SGR_STR("{}"), &error);
    if (!ok) {
        printf("%s\n", error.text);
        exit(2);
    }
    struct sgr_run *run =
        sgr_run_new(machine, counting_host(cluster), SGR_STR("story"),
                    sgr_program_entry(program, SGR_STR("main")), NULL, 0, sgr_cluster_now(cluster));
    (void)sgr_cluster_drive(cluster, run);
    enum sgr_run_state state = sgr_run_advance(run, sgr_cluster_now(cluster));
    sgr_cluster_unlock(cluster);
    sgr_buf_release(&bytes);
    sgr_run_free(run);
    sgr_machine_free(machine);
    sgr_program_unref(program);
    sgr_cluster_free(cluster);
    return state;
}

static enum sgr_run_state resume_story(char *problem, size_t size)
{
    struct sgr_error error = {0};
    struct sgr_cluster *cluster = open_cluster();
    struct sgr_cluster_record record = {0};
    enum sgr_run_state state = SGR_RUN_FAILED;
    bool ok = sgr_cluster_lock(cluster, SGR_STR("story"), 40000, &error) == SGR_LOCK_HELD &&
              sgr_cluster_take(cluster, SGR_STR("story"), &record, &error) && record.found;
    struct sgr_program *program =
        ok ? sgr_program_load(sgr_buf_str(&record.program), NULL, 0, &error) : NULL;
    if (program != NULL && record.snapshot.len == 0) {
        bool over = strstr(record.status.ptr, "\"over\":true") != NULL;
        state = over ? SGR_RUN_DONE
                     : SGR_RUN_READY; /* killed after its end, or before its first write */
        sgr_program_unref(program);
    } else if (program != NULL) {
        struct sgr_machine *machine = sgr_machine_new(program, NULL);
        struct sgr_run *run =
            sgr_run_decode(machine, sgr_cluster_host(cluster), sgr_buf_str(&record.snapshot),
                           sgr_cluster_now(cluster), &error);
        if (run != NULL) {
            (void)sgr_cluster_drive(cluster, run);
            state = sgr_run_advance(run, sgr_cluster_now(cluster));
            if (state == SGR_RUN_FAILED) {
                sgr_error_set(&error, "%s", sgr_run_failure(run)->text);
            }
            sgr_run_free(run);
        }
        sgr_machine_free(machine);
        sgr_program_unref(program);
    }
    snprintf(problem, size, "%s", error.text ? error.text : "");
    sgr_error_release(&error);
    if (record.program.ptr != NULL) {
        sgr_cluster_record_release(&record);
    }
    sgr_cluster_unlock(cluster);
    sgr_cluster_free(cluster);
    return state;
}

/* The Lease of a runner that was killed, as if it had run out long ago. */
static void expire_lease(void)
{
    if (world.state_dir == NULL) {
        (void)shell("patch lease sgr-story --type=merge -p "
                    "'{\"spec\":{\"renewTime\":\"2020-01-01T00:00:00.000000Z\"}}'");
    }
}

static void killed_at_every_save(void)
{
    static char before[65536], after[65536];
    char problem[2048];
    CHECK(people_make_web(), "kubectl");
    state_of(before, sizeof before);
    for (int n = 1; n < 30; n++) {
        pid_t child = fork();
        if (child == 0) {
            world.kill_at = n;
            _exit(begin_story() == SGR_RUN_DONE ? 0 : 1);
        }
        int status;
        waitpid(child, &status, 0);
        if (WEXITSTATUS(status) == 0) {
            CHECK(n > 6, "only %d saves", n - 1);
            state_of(after, sizeof after);
            CHECK(strcmp(before, after) == 0, "unkilled: before:\n%s\nafter:\n%s", before, after);
            return;
        }
        CHECK(WEXITSTATUS(status) == 9, "status %d", WEXITSTATUS(status));
        expire_lease();
        CHECK(resume_story(problem, sizeof problem) == SGR_RUN_DONE, "killed at save %d: %s", n,
              problem);
        state_of(after, sizeof after);
        CHECK(strcmp(before, after) == 0, "killed at save %d: before:\n%s\nafter:\n%s", n, before,
              after);
    }
}

/* Killed by the clock, wherever it is then: between a write and its answer, too. */
static void killed_at_any_time(void)
{
    static char before[65536], after[65536];
    char problem[2048];
    CHECK(people_make_web(), "kubectl");
    state_of(before, sizeof before);
    for (int ms = 30; ms < 400; ms += 17) {
        int done[2];
        CHECK(pipe(done) == 0, "pipe");
        pid_t child = fork();
        if (child == 0) {
            _exit(begin_story() == SGR_RUN_DONE ? 0 : 1);
        }
        usleep((useconds_t)ms * 1000);
        kill(child, SIGKILL);
        int status;
        waitpid(child, &status, 0);
        close(done[0]);
        close(done[1]);
        if (WIFSIGNALED(status)) {
            expire_lease();
            enum sgr_run_state state = resume_story(problem, sizeof problem);
            /* Killed before its record was there, the run has not begun. */
            CHECK(state == SGR_RUN_DONE || strcmp(problem, "") == 0, "killed after %d ms: %s", ms,
                  problem);
            if (state == SGR_RUN_DONE) {
                state_of(after, sizeof after);
                CHECK(strcmp(before, after) == 0, "killed after %d ms: before:\n%s\nafter:\n%s", ms,
                      before, after);
            }
        }
        (void)shell("delete configmap conf --ignore-not-found");
    }
}

static void a_run_that_is_over_can_be_undone(void)
{
    static char before[65536], after[65536];
    size_t count = 0;
    struct sgr_error error = {0};
    CHECK(people_make_web(), "kubectl");
    state_of(before, sizeof before);
    world.story_length = 4; /* without its own undoing */
    enum sgr_run_state state = begin_story();
    world.story_length = 0;
    state_of(after, sizeof after);
    CHECK(state == SGR_RUN_DONE && strcmp(before, after) != 0, "the story did nothing");
    struct sgr_cluster *cluster = open_cluster();
    bool ok = sgr_cluster_undo(cluster, SGR_STR("story"), &count, &error);
    CHECK(ok && count == 4, "%zu %s", count, error.text);
    state_of(after, sizeof after);
    CHECK(strcmp(before, after) == 0, "before:\n%s\nafter:\n%s", before, after);
    ok = sgr_cluster_undo(cluster, SGR_STR("story"), &count, &error);
    CHECK(ok && count == 0, "%zu undone twice", count);
    sgr_value runs = sgr_absent();
    ok = sgr_cluster_runs(cluster, world.heap, &runs, &error);
    sgr_cluster_free(cluster);
    CHECK(ok && sgr_count_of(runs) == 1 &&
              sgr_str_is(sgr_path_str(sgr_item(runs, 0), "status/outcome"), "undone"),
          "%zu", sgr_count_of(runs));
}

static void one_runner_at_a_time(void)
{
    struct sgr_error error = {0};
    struct sgr_cluster *first = open_cluster(), *second = open_cluster();
    enum sgr_lock a = sgr_cluster_lock(first, SGR_STR("mine"), 0, &error);
    enum sgr_lock b = sgr_cluster_lock(second, SGR_STR("mine"), 0, &error);
    sgr_cluster_unlock(first);
    enum sgr_lock c = sgr_cluster_lock(second, SGR_STR("mine"), 0, NULL);
    sgr_cluster_unlock(second);
    sgr_cluster_free(first);
    sgr_cluster_free(second);
    CHECK(a == SGR_LOCK_HELD && b == SGR_LOCK_OTHERS && c == SGR_LOCK_HELD, "%d %d %d", a, b, c);
    CHECK(strstr(error.text, "being run by"), "%s", error.text);
    sgr_error_release(&error);
}

static void a_lost_lock_stops_the_run(void)
{
    struct sgr_error error = {0};
    struct sgr_cluster *cluster = open_cluster();
    CHECK(sgr_cluster_lock(cluster, SGR_STR("lost"), 0, &error) == SGR_LOCK_HELD, "%s", error.text);
    struct step steps[] = {nap(30000)};
    struct sgr_program *program = program_of(steps, 1);
    struct sgr_machine *machine = sgr_machine_new(program, NULL);
    struct sgr_run *run =
        sgr_run_new(machine, sgr_cluster_host(cluster), SGR_STR("lost"),
                    sgr_program_entry(program, SGR_STR("main")), NULL, 0, sgr_cluster_now(cluster));
    CHECK(shell("patch lease sgr-lost --type=merge -p '{\"spec\":{\"holderIdentity\":\"thief\"}}'"),
          "kubectl");
    int64_t began = sgr_cluster_now(cluster);
    enum sgr_stop stop = sgr_cluster_drive(cluster, run);
    int64_t took = sgr_cluster_now(cluster) - began;
    sgr_run_free(run);
    sgr_machine_free(machine);
    sgr_program_unref(program);
    sgr_cluster_free(cluster);
    CHECK(stop == SGR_STOP_LOCK_LOST && took < 20000, "%d after %ld ms", stop, (long)took);
    CHECK(strstr(world.message, "lost to thief"), "%s", world.message);
}

static void people_answer_and_abort(void)
{
    struct sgr_error error = {0};
    size_t count = 1;
    struct sgr_cluster *cluster = open_cluster();
    struct step steps[] = {{SGR_EFFECT_ASK, {text("go on?"), sgr_unit_i(SGR_DURATION, 20000)}, 2}};
    struct sgr_program *program = program_of(steps, count);
    struct sgr_machine *machine = sgr_machine_new(program, NULL);
    CHECK(sgr_cluster_lock(cluster, SGR_STR("asks"), 40000, &error) == SGR_LOCK_HELD, "%s",
          error.text);
    CHECK(sgr_cluster_begin(cluster, SGR_STR("asks"), SGR_STR("x"), SGR_STR("{}"), &error), "%s",
          error.text);
    struct sgr_run *run =
        sgr_run_new(machine, sgr_cluster_host(cluster), SGR_STR("asks"),
                    sgr_program_entry(program, SGR_STR("main")), NULL, 0, sgr_cluster_now(cluster));
    pid_t child = fork();
    if (child == 0) {
        struct sgr_cluster *other = open_cluster();
        bool said = false;
        for (int i = 0; !said && i < 100; i++) {
            usleep(100000);
            said = sgr_cluster_say(other, SGR_STR("asks"), true, SGR_STR("me"), NULL);
        }
        _exit(said ? 0 : 1);
    }
    (void)sgr_cluster_drive(cluster, run);
    struct outcome o = outcome_of(run, sgr_run_advance(run, sgr_cluster_now(cluster)));
    waitpid(child, NULL, 0);
    sgr_run_free(run);
    sgr_cluster_unlock(cluster);
    sgr_machine_free(machine);
    sgr_program_unref(program);
    sgr_cluster_free(cluster);
    CHECK(o.state == SGR_RUN_DONE && o.result.tag == SGR_STRING &&
              sgr_str_is(sgr_string_of(o.result), "approved"),
          "%s", o.text);
}

static void preflight_names_what_is_missing(void)
{
    struct sgr_cluster *cluster = open_cluster();
    struct sgr_buf problems;
    sgr_buf_init(&problems, 1 << 16);
    sgr_value rules =
        sgr_field(yaml("rules: [{apiGroups: [apps], resources: [deployments, deployments/scale], "
                       "verbs: [get, patch]}, {apiGroups: [\"\"], resources: [configmaps], "
                       "verbs: [create]}]"),
                  SGR_STR("rules"));
    bool ok = sgr_cluster_preflight(cluster, rules, false, &problems);
    bool prom = sgr_cluster_preflight(cluster, rules, true, &problems);
    sgr_value before, after;
    struct sgr_error error = {0};
    bool planned = sgr_cluster_plan(cluster, yaml(map), false, world.heap, &before, &after, &error);
    sgr_cluster_free(cluster);
    CHECK(ok && !prom, "%s", problems.ptr);
    CHECK(planned && sgr_is_absent(before) && sgr_str_is(sgr_path_str(after, "data/a"), "1"), "%s",
          error.text);
    sgr_buf_release(&problems);
}

static void killed_with_files(void)
{
    char folder[] = "/tmp/sgr-state-XXXXXX";
    world.state_dir = mkdtemp(folder);
    killed_at_every_save();
    char command[64];
    snprintf(command, sizeof command, "rm -r -- %s", folder);
    (void)!system(command);
    world.state_dir = NULL;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } checks[] = {
#define C(name) {#name, name}
        C(reads),
        C(failures_name_the_object),
        C(undo_removes_what_was_made),
        C(undo_restores_values_and_owners),
        C(undo_restores_after_an_apply),
        C(undo_leaves_what_others_changed),
        C(jobs_run_to_their_end),
        C(events_are_on_the_object),
        C(killed_at_every_save),
        C(killed_at_any_time),
        C(killed_with_files),
        C(a_run_that_is_over_can_be_undone),
        C(one_runner_at_a_time),
        C(a_lost_lock_stops_the_run),
        C(people_answer_and_abort),
        C(preflight_names_what_is_missing),
#undef C
    };
    if (getenv("KUBECONFIG") == NULL || getenv("SGR_TEST_KUBECTL") == NULL) {
        printf("skipped: KUBECONFIG names no cluster\n");
        return 77;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    world.heap = sgr_heap_new((size_t)1 << 30);
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        snprintf(world.space, sizeof world.space, "sgr-host-%ld-%zu", (long)getpid(), i);
        if (argc >= 2 && strcmp(argv[1], checks[i].name) != 0) {
            continue;
        }
        printf("%s\n", checks[i].name);
        if (!shell("create namespace %s", world.space)) {
            return 2;
        }
        checks[i].run();
        (void)shell("delete namespace %s --wait=false 2>/dev/null", world.space);
    }
    printf("%u failed\n", world.failed);
    sgr_heap_free(world.heap);
    return world.failed != 0;
}
