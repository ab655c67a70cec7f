"""The metrics of a run as Prometheus' own programs see them: scraped while it goes on, pushed to a
Pushgateway, kept in a file. Whoever asks and says nothing, or does not answer, holds nothing up."""
import json, os, pathlib, re, shutil, socket, subprocess, sys, tempfile, time, urllib.error, urllib.request

from world import KUBECONFIG, PROMETHEUS, Failure, kubectl, traffic, until

SGRC = sys.argv[1]
SCRIPT = pathlib.Path(__file__).resolve().parent.parent / "matrix" / "canary.sgr"
NAMESPACE = "metrics"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start(image, *options):
    return subprocess.Popen(
        [SGRC, "run", str(SCRIPT), "--kubeconfig", KUBECONFIG, "--prometheus", PROMETHEUS,
         "--set", "kind=replicas", "--set", f"namespace={NAMESPACE}", "--set", f"image=shop/web:{image}",
         *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def ended(run, status):
    said = run.communicate(timeout=120)[0]
    if run.returncode != status:
        raise Failure(f"exit status {run.returncode} instead of {status}:\n{said}")
    return said


def get(url):
    return urllib.request.urlopen(url, timeout=5).read().decode()


def value(text, name, **labels):
    """The value of the one series with these labels; None where there is none."""
    for found, inside, number in re.findall(r"^(\w+)\{(.*)\} (\S+)$", text, re.M):
        if found == name and all(f'{k}="{v}"' in inside for k, v in labels.items()):
            return float(number)
    return None


def lint(text):
    done = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, capture_output=True,
                          timeout=30, check=False)
    if done.returncode or done.stdout or done.stderr:
        raise Failure(f"promtool: {done.stdout}{done.stderr}")


def expect(what, got, wanted):
    if got != wanted:
        raise Failure(f"{what} is {got}, not {wanted}")


def scraped_and_pushed(folder, gateway):
    port, file = free_port(), folder / "ship.prom"
    run = start("2", "--metrics-listen", f"127.0.0.1:{port}", "--metrics-push", gateway,
                "--metrics-file", str(file))
    silent, pages = [], []

    def scrape():
        try:
            pages.append(get(f"http://127.0.0.1:{port}/metrics"))
        except OSError:
            return False
        return value(pages[-1], "sgrc_rollout_traffic_ratio", track="new") == 0.5

    until("the page shows the first step", lambda: scrape() or pages, 30)
    for _ in range(20):  # more than the server keeps
        silent.append(socket.create_connection(("127.0.0.1", port), timeout=5))
    until("half of the traffic is on the new version", scrape, 60)
    try:
        get(f"http://127.0.0.1:{port}/other")
        raise Failure("/other is there")
    except urllib.error.HTTPError as error:
        expect("the status of /other", error.code, 404)
    page = pages[-1]
    lint(page)
    expect("the outcome while it goes on", value(page, "sgrc_rollout_outcome", outcome="promoted"), 0.0)
    expect("the image", value(page, "sgrc_rollout_info", new_image="shop/web:2", old_image="shop/web:1"), 1.0)
    if not value(page, "sgrc_guard_samples_total", guard="healthy", verdict="pass"):
        raise Failure(f"no sample of the guard in\n{page}")
    ended(run, 0)
    for text in (get(gateway + "/metrics"), file.read_text()):
        expect("the outcome", value(text, "sgrc_rollout_outcome", rollout="ship", outcome="promoted"), 1.0)
        expect("the share", value(text, "sgrc_rollout_traffic_ratio", rollout="ship", track="new"), 1.0)
    lint(file.read_text())


def never_in_the_way(folder):
    taken = socket.create_server(("127.0.0.1", 0))
    address = f"127.0.0.1:{taken.getsockname()[1]}"
    before = versions()
    for wrong, says in ((address, "Address already in use"), ("nonsense", "no address to listen on"),
                        ("127.0.0.1:99999", "no address to listen on")):
        said = ended(start("3", "--metrics-listen", wrong), 1)
        if says not in said:
            raise Failure(f"--metrics-listen {wrong} says: {said}")
    expect("the Deployments after a wrong address", versions(), before)
    # `taken` accepts and never answers
    said = ended(start("3", "--metrics-push", f"http://{address}", "--metrics-file", str(folder / "no" / "dir")), 0)
    for part in ("the Pushgateway at http://127.0.0.1", "the run goes on without its metrics there"):
        expect(f"how often the run says {part!r}", said.count(part), 1)


def versions():
    items = json.loads(kubectl("-n", NAMESPACE, "get", "deployments,services", "-o", "json"))["items"]
    return [(i["kind"], i["metadata"]["name"], i["metadata"]["resourceVersion"]) for i in items]


def remembered(version):
    said = subprocess.run([SGRC, "history", "ship", "-n", NAMESPACE, "--kubeconfig", KUBECONFIG],
                          capture_output=True, text=True, timeout=30).stdout
    if not said.splitlines()[1].endswith(f"Z  shop/{version}"):
        raise Failure(f"the history says: {said}")


def main():
    if not shutil.which("prometheus-pushgateway"):
        print("prometheus-pushgateway is missing")
        return 77
    port = free_port()
    gateway = subprocess.Popen(["prometheus-pushgateway", f"--web.listen-address=127.0.0.1:{port}"],
                               stderr=subprocess.DEVNULL)
    try:
        with tempfile.TemporaryDirectory() as folder:
            kubectl("create", "namespace", NAMESPACE)
            for track in ("stable", "canary"):
                traffic(NAMESPACE, track, 0.0)
            if "web: first install of shop/web:1\n" not in (said := ended(start("1"), 0)):
                raise Failure(f"the first install says: {said}")
            remembered("web:1")
            time.sleep(4)
            scraped_and_pushed(pathlib.Path(folder), f"http://127.0.0.1:{port}")
            never_in_the_way(pathlib.Path(folder))
    finally:
        gateway.kill()
        gateway.wait()
    print("the metrics of a run: scraped, pushed, kept in a file, never in the way")
    return 0


sys.exit(main())
