"""Validates what `sgrc compile` prints for each script: see validate-yaml."""
import subprocess
import sys

import kubernetes_validate
import yaml


class Strict(yaml.SafeLoader):
    """Refuses duplicate keys."""


def unique_map(loader, node, deep=False):
    seen = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=deep)
        if key in seen:
            raise yaml.constructor.ConstructorError(None, None, f"duplicate key {key!r}", key_node.start_mark)
        seen[key] = loader.construct_object(value_node, deep=deep)
    return seen


Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, unique_map)
VERSION = kubernetes_validate.latest_version()


def main(sgrc, *scripts):
    checked = custom = 0
    for script in scripts:
        command = [sgrc, "compile", script, "--set", "image=streamgate/gateway:1.4.0"]
        runs = {subprocess.run(command, capture_output=True, check=True).stdout for _ in range(3)}
        if len(runs) != 1:
            sys.exit(f"{script}: not the same bytes on every run")
        for document in yaml.load_all(runs.pop(), Strict):
            try:
                kubernetes_validate.validate(document, VERSION, strict=True)
                checked += 1
            except kubernetes_validate.SchemaNotFoundError:
                custom += 1
            except kubernetes_validate.ValidationError as error:
                sys.exit(f"{script}: {document['kind']}/{document['metadata']['name']}: {error.message} at "
                         f"{'/'.join(map(str, error.path))}")
    print(f"{checked} documents valid, {custom} of custom kinds read")


main(*sys.argv[1:])
