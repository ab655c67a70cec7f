#!/usr/bin/env python3
"""An editor that speaks to `sgrc lsp`: what it is told and answered, in UTF-16 and in bytes, and what happens to
messages that are none.

  tests/lsp/run.py SGRC
"""
import json
import pathlib
import subprocess
import sys
import tempfile

SGRC = str(pathlib.Path(sys.argv[1]).resolve())
SCRIPT = """\
param image: image

workload web {
  image    = image
  replicas = 3
  cpu      = 5s .. 2
}

metric errors(t: track) {
  unit   = percent
  promql = \"\"\"sum(rate(e{track="${t.name}"}[1m])) / sum(rate(r{track="${t.name}"}[1m]))\"\"\"
}

## Nothing breaks.
guard fine { require errors(new) < 1% }

rollout ship of web {
  deadline   =   30m
  steps {
    step "\U0001f680" { shift 5%; check fine }
    promote
  }
}
"""
failures = []


def expect(what, holds, shown=""):
    if not holds:
        failures.append(f"FAIL {what}: {shown}")


class Editor:
    def __init__(self, encodings=None):
        self.server = subprocess.Popen([SGRC, "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.number, self.told = 0, []
        general = {"positionEncodings": encodings} if encodings else {}
        self.hello = self.ask("initialize", {"capabilities": {"general": general}})

    def send(self, message):
        body = message if isinstance(message, bytes) else json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.server.stdin.write(b"Content-Length: %d\r\nContent-Type: x\r\n\r\n" % len(body) + body)
        self.server.stdin.flush()

    def receive(self):
        length = 0
        while (line := self.server.stdout.readline().strip()) != b"":
            if line.startswith(b"Content-Length:"):
                length = int(line.split(b":")[1])
        return json.loads(self.server.stdout.read(length))

    def ask(self, method, params=None):
        self.number += 1
        self.send({"id": self.number, "method": method, "params": params or {}})
        while True:
            message = self.receive()
            if message.get("id") == self.number:
                return message.get("result", message.get("error"))
            self.told.append(message)

    def tell(self, method, params):
        self.send({"method": method, "params": params})

    def open(self, uri, text):
        self.tell("textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": "sgr", "version": 1, "text": text}})

    def change(self, uri, text):
        self.tell("textDocument/didChange", {"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"text": text}]})

    def diagnostics(self, uri):
        """The next ones of this text."""
        while True:
            message = self.told.pop(0) if self.told else self.receive()
            if message.get("method") == "textDocument/publishDiagnostics" and message["params"]["uri"] == uri:
                return message["params"]["diagnostics"]

    def at(self, method, uri, line, character):
        return self.ask(f"textDocument/{method}", {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}})

    def leave(self):
        self.ask("shutdown")
        self.tell("exit", {})
        return self.server.wait(10)


def place(text, word):
    """Line and column (in UTF-16 units) of the first place of the word."""
    before = text[:text.index(word)]
    return before.count("\n"), len(before[before.rfind("\n") + 1:].encode("utf-16-le")) // 2


def diagnosed(editor, uri):
    editor.open(uri, SCRIPT)
    found = editor.diagnostics(uri)
    errors = [d for d in found if d["severity"] == 1]
    expect("one error", [d["code"] for d in errors] == ["E0301"], found)
    line, column = place(SCRIPT, "5s .. 2")
    expect("its place", errors[0]["range"] == {"start": {"line": line, "character": column},
                                               "end": {"line": line, "character": column + 2}}, errors[0])
    expect("its way out", "500m" in errors[0]["message"], errors[0])
    fixed = SCRIPT.replace("5s .. 2", "500m .. 2")
    editor.change(uri, fixed)
    found = editor.diagnostics(uri)
    expect("no error any more", all(d["severity"] > 1 for d in found), found)
    return fixed


def answered(editor, uri, text):
    hover = editor.at("hover", uri, *place(text, "replicas"))
    expect("hover over an attribute", "replicas: int" in hover["contents"]["value"], hover)
    hover = editor.at("hover", uri, *place(text, "fine }"))
    expect("hover over a guard", "guard fine" in hover["contents"]["value"] and "Nothing breaks." in hover["contents"]["value"], hover)
    hover = editor.at("hover", uri, *place(text, "shift"))
    expect("hover over a verb", "shift P" in hover["contents"]["value"], hover)
    expect("hover over nothing", editor.at("hover", uri, 1, 0) is None)
    line, column = place(text, "fine }")
    found = editor.at("definition", uri, line, column)
    there = place(text, "fine {")
    expect("definition", found["range"]["start"] == {"line": there[0], "character": there[1]}, found)
    symbols = editor.ask("textDocument/documentSymbol", {"textDocument": {"uri": uri}})
    expect("symbols", [s["name"] for s in symbols] == ["image", "web", "errors", "fine", "ship"], symbols)
    labels = {i["label"] for i in editor.at("completion", uri, *place(text, "replicas"))}
    expect("completion in a workload", {"cpu", "min_available", "len", "web"} <= labels and "shift" not in labels, labels)
    labels = {i["label"] for i in editor.at("completion", uri, *place(text, "promote"))}
    expect("completion in steps", {"shift", "promote", "fine"} <= labels and "cpu" not in labels, labels)
    labels = {i["label"] for i in editor.at("completion", uri, 1, 0)}
    expect("completion at the top", {"workload", "scenario"} <= labels and "len" not in labels, labels)
    edits = editor.ask("textDocument/formatting", {"textDocument": {"uri": uri}, "options": {}})
    expect("layout", len(edits) == 1 and "  deadline = 30m\n" in edits[0]["newText"], edits)
    editor.change(uri, edits[0]["newText"])
    expect("layout of the layout", editor.ask("textDocument/formatting", {"textDocument": {"uri": uri}}) == [])
    editor.change(uri, "workload {")
    expect("no layout of what is no script", editor.ask("textDocument/formatting", {"textDocument": {"uri": uri}}) is None)


def repaired(editor, uri):
    text = "workload web {\n  image = \"a:1\"\n  replics = 3\n}\n"
    editor.change(uri, text)
    line = {"line": 2, "character": 3}
    actions = editor.ask("textDocument/codeAction", {"textDocument": {"uri": uri}, "range": {"start": line, "end": line}, "context": {}})
    edits = actions[0]["edit"]["changes"][uri] if actions else []
    expect("a fix", len(edits) == 1 and edits[0]["newText"] == "replicas", actions)
    expect("its place", edits and edits[0]["range"]["start"] == {"line": 2, "character": 2}, edits)


def imported(editor, folder):
    """What stands in an editor comes before what stands in the file."""
    common, main = f"file://{folder}/common.sgr", f"file://{folder}/main%20script.sgr"
    pathlib.Path(folder, "common.sgr").write_text("fn one(): int = 1\n")
    editor.open(main, "import \"./common.sgr\"\nlet x = common.two()\nworkload web { image = \"a:${x}\" }\n")
    expect("a function that is not there", any(d["severity"] == 1 for d in editor.diagnostics(main)))
    editor.open(common, "fn two(): int = 2\n")
    found = editor.diagnostics(main)
    expect("a function of an open text", not any(d["severity"] == 1 for d in found), found)
    editor.tell("textDocument/didClose", {"textDocument": {"uri": common}})
    found = editor.diagnostics(main)
    expect("and of the file again", any(d["severity"] == 1 for d in found), found)


def counted(encoding, width):
    """A rocket is two UTF-16 units and four bytes."""
    editor = Editor([encoding, "utf-16"] if encoding == "utf-8" else None)
    expect("the encoding", editor.hello["capabilities"]["positionEncoding"] == encoding, editor.hello)
    uri = "untitled:one"
    editor.open(uri, "let x = \"\U0001f680\" + wrong\n")
    found = [d for d in editor.diagnostics(uri) if d["severity"] == 1]
    expect(f"columns in {encoding}", found and found[0]["range"]["start"]["character"] == 13 + width, found)
    editor.leave()


def odd():
    editor = Editor()
    expect("an unknown request", editor.ask("workspace/symbol").get("code") == -32601)
    expect("a text that nobody opened", editor.at("hover", "file:///nowhere.sgr", 9, 9) is None)
    editor.tell("workspace/didChangeConfiguration", {})
    editor.send(b"{ this is no JSON")
    expect("no JSON", editor.receive()["error"]["code"] == -32700)
    editor.send(b"[]")
    editor.open("file:///tmp/empty.sgr", "")
    expect("an empty text", editor.diagnostics("file:///tmp/empty.sgr") == [])
    editor.open("file:///tmp/deep.sgr", "let x = " + "(" * 100000)
    expect("a deep text", editor.diagnostics("file:///tmp/deep.sgr") != [])
    expect("beyond the end", editor.at("completion", "file:///tmp/empty.sgr", 10**9, 10**9) != [])
    expect("leaving", editor.leave() == 0)
    for rude in (b"", b"Content-Length: 99999999999999999999\r\n\r\n", b"x" * 100000, b"Content-Length: 5\r\n\r\n{}"):
        done = subprocess.run([SGRC, "lsp"], input=rude, capture_output=True, timeout=20)
        expect(f"an editor that is gone after {rude[:30]}", done.returncode == 1 and not done.stdout, done)


def main():
    with tempfile.TemporaryDirectory() as folder:
        editor, uri = Editor(), f"file://{folder}/web.sgr"
        answered(editor, uri, diagnosed(editor, uri))
        repaired(editor, uri)
        imported(editor, folder)
        expect("leaving", editor.leave() == 0)
    counted("utf-16", 2)
    counted("utf-8", 4)
    odd()
    print("\n".join(failures) or "lsp: all passed")
    sys.exit(1 if failures else 0)


main()
