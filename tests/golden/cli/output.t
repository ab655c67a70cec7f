# Where output cannot go: one sentence, the documented status, the file as it was.
$ printf 'workload w { image = "a/b:1" }\n' > $TMP/w.sgr; printf 'let a  = 1\n' > $TMP/wide.sgr; : > $TMP/empty.sgr
$ cd $TMP; sgrc compile w.sgr > /dev/full
sgrc: cannot write: No space left on device
[1]
$ cd $TMP; sgrc compile w.sgr --target bytecode > /dev/full
sgrc: cannot write: No space left on device
[1]
$ cd $TMP; sgrc fmt - < w.sgr > /dev/full
sgrc: cannot write: No space left on device
[2]
$ cd $TMP; sgrc fmt --diff wide.sgr > /dev/full
sgrc: cannot write: No space left on device
[2]
$ cd $TMP; sgrc lint w.sgr --format json > /dev/full
sgrc: cannot write: No space left on device
[2]
$ cd $TMP; sgrc test empty.sgr > /dev/full
sgrc: cannot write: No space left on device
[2]
$ cd $TMP; sgrc audit empty.sgr --sim > /dev/full
sgrc: cannot write: No space left on device
[2]
$ cd $TMP; sgrc doc w.sgr > /dev/full
sgrc: cannot write: No space left on device
[1]
$ cd $TMP; sgrc disasm w.sgr > /dev/full
sgrc: cannot write: No space left on device
[1]
$ sgrc promql up > /dev/full
sgrc: cannot write: No space left on device
[1]
$ sgrc explain > /dev/full
sgrc: cannot write: No space left on device
[1]
$ sgrc version > /dev/full
sgrc: cannot write: No space left on device
[1]
$ sgrc --help > /dev/full
sgrc: cannot write: No space left on device
[1]
$ sgrc compile --help > /dev/full
sgrc: cannot write: No space left on device
[1]
# A rollout stays what it became.
$ sgrc run ../../../examples/canary.sgr --sim --scenario "a bad release is rolled back" > /dev/full
sgrc: cannot write: No space left on device; what follows is not shown
[2]
$ sgrc run ../../../examples/canary.sgr --sim --set image=a/b:1 > /dev/full
sgrc: cannot write: No space left on device; what follows is not shown
# A disk that is full in the middle.
$ cd $TMP; for i in $(seq 100); do echo "workload w$i { image = \"a/b:1\" }"; done > long.sgr; echo before > out.yaml; trap '' XFSZ; ulimit -f 1; sgrc compile long.sgr -o out.yaml; cat out.yaml; ls out.yaml*
sgrc: cannot write out.yaml: File too large
before
out.yaml
$ cd $TMP; sgrc compile w.sgr -o none/out.yaml; sgrc compile w.sgr -o none/more/
sgrc: cannot write none/out.yaml: No such file or directory
sgrc: cannot make none/more/: No such file or directory
[1]
$ cd $TMP; sgrc compile w.sgr -o w.sgr/; cat w.sgr
sgrc: cannot write w.sgr/001-deployment-w.yaml: Not a directory
workload w { image = "a/b:1" }
$ cd $TMP; sgrc test empty.sgr --junit none/report.xml
sgrc: cannot write none/report.xml: No such file or directory
empty.sgr
0 passed, 0 failed
[2]
# A link stays a link, a pipe is written into.
$ cd $TMP; ln -s real.yaml link.yaml; : > real.yaml; sgrc compile w.sgr -o link.yaml; test -L link.yaml && head -1 real.yaml
apiVersion: apps/v1
$ cd $TMP; mkfifo pipe; (sgrc compile w.sgr -o pipe &); head -1 < pipe; test -p pipe && echo still a pipe
apiVersion: apps/v1
still a pipe
# A folder: ordered files; what is there of an earlier compilation is told.
$ cd $TMP; printf 'workload w { image = "a/b:1"; ports = { http = 80 } }\n' > two.sgr; sgrc compile two.sgr -o out/; ls out; sgrc compile two.sgr -o out; printf 'workload v { image = "a/b:1" }\n' > one.sgr; touch out/mine.yaml; sgrc compile one.sgr -o out; ls out; sgrc compile -q one.sgr -o out
001-deployment-w.yaml
002-service-w.yaml
sgrc: note: out also has 001-deployment-w.yaml, which this script does not make
sgrc: note: out also has 002-service-w.yaml, which this script does not make
001-deployment-v.yaml
001-deployment-w.yaml
002-service-w.yaml
mine.yaml
$ cd $TMP; sgrc compile one.sgr two.sgr -o out.yaml; rm -r out; sgrc compile one.sgr two.sgr -o out/; ls out
sgrc: several scripts need a folder for --out
001-deployment-v.yaml
001-deployment-w.yaml
002-service-w.yaml
# Options that do not fit.
$ sgrc lint --color blue x
sgrc: --color is auto, always or never, not `blue`
[2]
$ sgrc history --output yaml
sgrc: --output is text or json, not `yaml`
[1]
$ sgrc run --sim --seed -1 x.sgr
sgrc: --seed is a whole number, not `-1`
[1]
$ sgrc test --seed 1x x.sgr
sgrc: --seed is a whole number, not `1x`
[2]
$ sgrc fmt --chek x.sgr
sgrc: unknown option --chek; did you mean --check?
[2]
$ sgrc test --sed 1 x.sgr
sgrc: unknown option --sed; did you mean --seed?
[2]
$ sgrc plan --sett x=1 x.sgr
sgrc: unknown option --sett; did you mean --set?
[1]
$ sgrc lint missing.sgr; sgrc lint missing/
sgrc: cannot read missing.sgr: No such file or directory
0 files, 0 errors, 0 warnings
sgrc: cannot read missing/: No such file or directory
0 files, 0 errors, 0 warnings
[2]
$ sgrc fmt
sgrc: fmt takes one or more scripts, or - for standard input
[2]
$ sgrc lint
sgrc: lint takes scripts or folders, or - for standard input
[2]
$ sgrc test
sgrc: test takes one or more scripts
[2]
$ sgrc audit
sgrc: audit takes one or more scripts
[2]
