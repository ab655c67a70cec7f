#!/usr/bin/env python3
"""Seeds and dictionaries of the fuzz targets, from what lies in the tree: scripts, expressions, configurations,
the words of the tables. Writes the same files every time.

  tests/fuzz/prepare.py FUZZ_SEEDS FOLDER     FOLDER/TARGET/ and FOLDER/TARGET.dict
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT_MAX = 6000
KUBECONFIG = """apiVersion: v1
kind: Config
current-context: a
clusters: [{name: c, cluster: {server: "https://one:6443/", certificate-authority-data: QQ==, proxy-url: "http://p"}}]
users:
- name: u
  user: {token: t1, username: n, password: p, client-certificate-data: QQ==, client-key-data: QQ==}
- name: e
  user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: none, args: [a], env: [{name: N, value: v}]}}
contexts: [{name: a, context: {cluster: c, user: u, namespace: shop}}, {name: b, context: {cluster: c, user: e}}]
"""
OBJECT = (b'{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"shop","uid":"u",'
          b'"resourceVersion":"5","labels":{"app":"web"}},"spec":{"replicas":2}}')
STATUS = (b'{"kind":"Status","status":"Failure","message":"Apply failed with 1 conflict: conflict with \\"kubectl\\" using '
          b'apps/v1","reason":"Conflict","details":{"name":"web","causes":[{"reason":"FieldManagerConflict","field":".spec"}],'
          b'"retryAfterSeconds":1},"code":409}')
LEASE = (b'{"kind":"Lease","metadata":{"name":"sgr-ship","resourceVersion":"1","uid":"u"},"spec":{"holderIdentity":"a/1/2",'
         b'"leaseDurationSeconds":15,"renewTime":"2026-01-01T00:00:00.000000Z","leaseTransitions":1}}')
RECORD = (b'{"kind":"ConfigMap","metadata":{"name":"sgr-ship","resourceVersion":"7","labels":{"a":"b"},"annotations":'
          b'{"sgr.streamgate.io/approve":"3 approved"}},"data":{"status":"{\\"outcome\\":\\"promoted\\",\\"over\\":true}",'
          b'"parameters":"{}","history":"[]","undo":"[]"},"binaryData":{"snapshot":"U0dSUg==","program":"U0dSQg=="}}')
VECTOR = b'{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1.5,"%s"]}]}}'


def scripts():
    names = subprocess.run(["git", "ls-files", "*.sgr"], cwd=ROOT, text=True, capture_output=True, check=True).stdout
    return [ROOT / name for name in names.split()]


def script_seeds():
    seeds = []
    for path in scripts():
        text = path.read_bytes()
        # One declaration with what stands above it: small inputs are what a fuzzer gets on with.
        seeds += [part for part in re.split(rb"\n(?=\S[^\n]*\{\n)", text) if len(part) < SCRIPT_MAX]
        if len(text) < SCRIPT_MAX:
            seeds.append(text)
    return seeds


def promql_seeds():
    lines = (ROOT / "tests/golden/promql/expressions.txt").read_bytes().splitlines()
    queries = re.findall(rb'promql *= *"""(.*?)"""', b"\n".join(p.read_bytes() for p in scripts()), re.S)
    lines += [re.sub(rb"\$\{[^}]*\}", b"\1", query) for query in queries]
    return [b"\0" + line for line in lines if line]


def yaml_seeds():
    found = [p.read_bytes() for p in sorted(ROOT.glob("tests/golden/**/*.yaml"))]
    return [text for text in found if len(text) < SCRIPT_MAX] + [
        KUBECONFIG.encode(), b"a: &x [1, 0x1f, 1e3, ~, true]\nb: *x\n--- |\n text\n", OBJECT, STATUS]


def lint_config_seeds():
    return [p.read_bytes() for p in sorted(ROOT.glob("tests/golden/lint/**/.sgrc.yaml"))] + [
        b"scrape: 15s\nlints:\n  no-deadline: off\n  missing-doc: warning\n"]


def kubeconfig_seeds():
    return [KUBECONFIG.encode(), KUBECONFIG.replace("current-context: a", "current-context: b").encode()]


def answer_seeds():
    """The first byte asks (see answers.c), each answer begins with the byte of its status."""
    def asked(what, *answers):
        return bytes([what]) + b"\xff".join(bytes([status]) + body for status, body in answers)
    items = b'{"kind":"List","metadata":{"resourceVersion":"9","continue":"c"},"items":[' + OBJECT + b"]}"
    last = items.replace(b',"continue":"c"', b"")
    event = b'{"type":"MODIFIED","object":' + OBJECT + b'}\n{"type":"BOOKMARK","object":' + OBJECT + b"}\n"
    maps = items.replace(OBJECT, RECORD)
    return [asked(0, (0, VECTOR % b"1.5"), (0, VECTOR % b"2")), asked(0, (0, VECTOR % b"NaN")),
            asked(0, (4, b'{"status":"error","errorType":"bad_data","error":"no"}')),
            *(asked(1 + 8 * verb, (0, OBJECT), (8, STATUS)) for verb in range(6)),
            asked(1 + 64, (0, b'{"kind":"APIResourceList","resources":[{"name":"deployments","kind":"Deployment",'
                              b'"namespaced":true,"verbs":["get","watch"]}]}'), (0, OBJECT)),
            asked(2, (0, items), (0, last)), asked(3, (0, last), (0, event), (9, STATUS)),
            asked(4, (0, RECORD), (0, RECORD), (0, maps)), asked(5, (0, LEASE), (7, STATUS), (3, LEASE), (0, RECORD)),
            asked(6, (0, RECORD), (0, RECORD), (0, RECORD)), asked(7, (0, OBJECT), (0, OBJECT), (0, VECTOR % b"1"))]


def words(*tables):
    rows = "\n".join((ROOT / table).read_text() for table in tables)
    return sorted(set(re.findall(r'"([\w-]{2,24})"', rows)))


def write_dictionary(path, entries):
    lines = ['"' + entry.replace("\\", "\\\\").replace('"', '\\"') + '"' for entry in entries]
    path.write_text("\n".join(lines) + "\n")


def main(maker, folder):
    folder = pathlib.Path(folder)
    sets = {"script": script_seeds(), "promql": promql_seeds(), "yaml": yaml_seeds(),
            "lintconfig": lint_config_seeds(), "kubeconfig": kubeconfig_seeds(), "answers": answer_seeds()}
    sets["check"] = sets["script"]
    for target, seeds in sets.items():
        (folder / target).mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(dict.fromkeys(seeds)):
            (folder / target / f"seed-{number:03}").write_bytes(seed)
    subprocess.run([maker, folder], check=True, stdout=subprocess.DEVNULL)
    signs = ['"""', "${", "}", "..", "=>", "??", "==", "!=", "<=", "##", "1h30m", "5%", "10/s", "128Mi", "100m"]
    keywords = "and or not in if then else for let fn true false until param import".split()
    script = signs + keywords + words("lang/verb.def", "lang/block.def", "compiler/schema.def", "k8s/sim/fault.def")
    promql = ["by (", "without (", "on (", "ignoring (", "group_left (", "offset ", "@ start()", "bool ", "[5m]",
              "[5m:1m]", "=~", "!~", "__name__"]
    promql += words("lang/promql/function.def", "lang/promql/aggregation.def", "lang/promql/operator.def")
    write_dictionary(folder / "script.dict", script)
    write_dictionary(folder / "check.dict", script)
    write_dictionary(folder / "promql.dict", promql)
    write_dictionary(folder / "lintconfig.dict", ["lints", "scrape", "off", "note", "warning", "error"] +
                     words("lang/lint.def"))
    json_words = re.findall(r'"([A-Za-z./-]{2,40})\\?"', (OBJECT + STATUS + LEASE + RECORD + VECTOR).decode())
    write_dictionary(folder / "answers.dict", sorted(set(json_words)))
    write_dictionary(folder / "kubeconfig.dict", sorted(set(re.findall(r"[A-Za-z][\w-]+", KUBECONFIG))))


main(*sys.argv[1:])
