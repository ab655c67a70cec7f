/* Random scripts: a strategy, a traffic provider, a size and steps, as a person might write them.
 */
#include "sim_test.h"

static const char *const modes[] = {"canary", "blue_green", "rolling"};
static const char *const providers[] = {"replicas", "nginx(ingress = \"shop\")",
                                        "gateway_api(route = \"shop\")", "istio(\"shop\")"};

uint64_t random_next(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15ULL;
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

int64_t random_below(uint64_t *state, int64_t bound)
{
    return (int64_t)(random_next(state) % (uint64_t)bound);
}

struct script script_random(uint64_t seed)
{
    uint64_t state = seed * 7919 + 1;
    struct script script = {
        .mode = (int)random_below(&state, 3),
        .traffic = (int)random_below(&state, 4),
        .replicas = 1 + random_below(&state, 8),
        .drain = random_below(&state, 3) * 5,
        .patience = 1 + random_below(&state, 4),
        .keep = random_below(&state, 2) * 30,
        .deadline = random_below(&state, 3) == 0 ? 2 + random_below(&state, 4) : 60,
        .fail_after = 1 + random_below(&state, 3),
        .autoscale = random_below(&state, 4) == 0,
        .approve = random_below(&state, 4) == 0,
        .job = random_below(&state, 4) == 0,
        .notify = random_below(&state, 4) == 0,
        .settles = random_below(&state, 3) == 0,
        .min_available = random_below(&state, 3) == 0,
        .webhook = random_below(&state, 6) == 0,
    };
    script.steps = script.mode == 1 ? 1 : random_below(&state, 5);
    int64_t share = 0;
    for (int64_t i = 0; i < script.steps; i++) {
        share += 1 + random_below(&state, (100 - share) / (script.steps - i) + 1);
        script.shares[i] = script.mode == 1 ? 100 : share > 99 ? 99 : share;
        script.after[i] = (int)random_below(&state, 4);
    }
    return script;
}

static void print_head(const struct script *script, struct sgr_buf *out)
{
    sgr_buf_printf(out,
                   "cluster { namespace = \"shop\"; prometheus = \"http://prometheus:9090\" }\n\n"
                   "workload shop {\n  image    = \"shop/shop:2\"\n  replicas = %lld\n"
                   "  ports    = { http = 8080 }\n%s}\n\n",
                   (long long)script->replicas,
                   script->min_available ? "  min_available = 1\n" : "");
    sgr_buf_cstr(out, "metric errors(t: track) {\n  unit   = percent\n"
                      "  promql = \"\"\"sum(rate(errors_total{track=\"${t.name}\"}[1m])) / "
                      "sum(rate(requests_total{track=\"${t.name}\"}[1m]))\"\"\"\n}\n\n");
    sgr_buf_printf(out,
                   "guard fine {\n  every      = 5s\n  for        = 20s\n  fail_after = %lld\n"
                   "  no_signal  = wait(1m)\n  require errors(new) < 5%%\n}\n\n",
                   (long long)script->fail_after);
    if (script->autoscale) {
        sgr_buf_printf(out, "autoscale shop { replicas = %lld .. %lld; cpu = 70%% }\n\n",
                       (long long)script->replicas, (long long)script->replicas * 2);
    }
    if (script->notify) {
        sgr_buf_cstr(out, "channel ops { webhook = env(\"OPS_URL\") }\n\n");
    }
}

static void print_after(int what, struct sgr_buf *out)
{
    static const char *const lines[] = {"hold 30s while fine", "check fine", "wait 20s", ""};
    if (lines[what][0] != '\0') {
        sgr_buf_printf(out, "      %s\n", lines[what]);
    }
}

static void print_steps(const struct script *script, struct sgr_buf *out)
{
    if (script->job) {
        sgr_buf_cstr(out, "    job migrate { image = \"shop/migrate:1\" }\n");
    }
    if (script->webhook) {
        sgr_buf_cstr(out, "    webhook \"https://gate.example/ok\" { method = \"POST\" }\n");
    }
    if (script->mode == 1) {
        sgr_buf_printf(out, "    scale new to old.replicas\n%s",
                       script->settles ? "    wait 10s\n" : "");
    }
    for (int64_t i = 0; i < script->steps; i++) {
        sgr_buf_printf(out, "    step \"%lld\" {\n      shift %lld%%\n", (long long)i + 1,
                       (long long)script->shares[i]);
        print_after(script->after[i], out);
        sgr_buf_cstr(out, "    }\n");
    }
    if (script->approve) {
        sgr_buf_cstr(out, "    approve \"go on?\" timeout 5m\n");
    }
    sgr_buf_cstr(out, "    promote\n");
}

void script_print(const struct script *script, struct sgr_buf *out)
{
    print_head(script, out);
    sgr_buf_printf(out, "rollout ship of shop {\n  mode     = %s\n", modes[script->mode]);
    if (script->mode == 0 || (script->mode == 1 && script->traffic > 0)) {
        sgr_buf_printf(out, "  traffic  = %s\n", providers[script->traffic]);
    }
    if (script->mode == 1) {
        sgr_buf_printf(out, "  keep     = %llds\n", (long long)script->keep);
    }
    sgr_buf_printf(out, "  deadline = %lldm\n  patience = %lldm\n  drain    = %llds\n\n  steps {\n",
                   (long long)script->deadline, (long long)script->patience,
                   (long long)script->drain);
    print_steps(script, out);
    sgr_buf_cstr(out, "  }\n");
    if (script->notify) {
        sgr_buf_cstr(out, "  finally { notify ops \"over\" }\n");
    }
    sgr_buf_cstr(out, "}\n");
}

bool script_simpler(struct script *script, int way)
{
    bool *const flags[] = {&script->autoscale, &script->approve, &script->job,
                           &script->notify,    &script->settles, &script->min_available,
                           &script->webhook};
    const int flag_count = (int)(sizeof flags / sizeof *flags);
    if (way < flag_count) {
        *flags[way] = false;
    } else if (way == flag_count) {
        script->replicas = script->replicas > 1 ? script->replicas - 1 : 1;
    } else if (way == flag_count + 1) {
        script->steps -= script->steps > 0 && script->mode != 1;
    } else if (way == flag_count + 2) {
        script->drain = script->keep = 0;
    } else if (way == flag_count + 3) {
        script->after[script->steps > 0 ? script->steps - 1 : 0] = 3;
    } else {
        return false;
    }
    return true;
}
