# Hostile and broken input: one clear error each, bounded time and memory, nothing half written.
$ head -c 10000000 /dev/zero | tr '\0' '\377' > $TMP/garbage.sgr; sgrc lint -q $TMP/garbage.sgr | sed "s|$TMP/||" | head -1 | cut -c1-40
error[E0101]: the file is not UTF-8
$ yes '{ [ ( x' | head -c 10000000 > $TMP/open.sgr; sgrc lint -q $TMP/open.sgr | grep -c '^error'
20
$ (printf 'let x = '; yes '(' | head -100000 | tr -d '\n') > $TMP/deep.sgr; sgrc lint -q $TMP/deep.sgr | head -1
error[E0106]: brackets are nested more than 200 deep
$ printf 'let a = 1\000\n' > $TMP/nul.sgr; sgrc lint -q $TMP/nul.sgr | head -1
error[E0101]: the file has a NUL byte
$ printf 'let a = "\377"\n' > $TMP/utf8.sgr; sgrc lint -q $TMP/utf8.sgr | head -1
error[E0101]: the file is not UTF-8
$ : > $TMP/empty.sgr; sgrc lint $TMP/empty.sgr
1 file, 0 errors, 0 warnings
$ sgrc compile $TMP/empty.sgr
$ sgrc run $TMP/empty.sgr --sim
sgrc: the script has no rollout
[1]
$ printf 'import "a.sgr"\n' > $TMP/b.sgr; printf 'import "b.sgr"\n' > $TMP/a.sgr; sgrc lint -q $TMP/a.sgr | grep '^error' | sed "s|$TMP/||g"
error[E0204]: a.sgr imports itself through other files
$ printf 'fn f(n: int): int = f(n + 1)\nworkload w { image = "a/b:1"; replicas = f(0) }\n' > $TMP/r.sgr; sgrc compile $TMP/r.sgr 2>&1 | sed "s|$TMP/||"
sgrc: more than 200000000 instructions without an effect; is a loop without end? (r.sgr:1)
$ printf 'let xs = [i for i in 1 .. 4000000000]\nworkload w { image = "a/b:1"; replicas = len(xs) }\n' > $TMP/l.sgr; sgrc compile $TMP/l.sgr 2>&1 | sed "s|$TMP/||" | cut -c1-60
sgrc: the values take more than 1024 MiB (l.sgr:1)
$ printf 'workload w { image = "a/b:1"; replicas = 9223372036854775807 + 1 }\n' > $TMP/o.sgr; sgrc compile $TMP/o.sgr 2>&1 | sed "s|$TMP/||"
sgrc: addition: the result does not fit (o.sgr:1)
$ printf 'workload w { image = "a/b:1"; replicas = floor(1 / 0) }\n' > $TMP/d.sgr; sgrc compile $TMP/d.sgr 2>&1 | sed "s|$TMP/||"
sgrc: division by zero (d.sgr:1)
$ printf 'workload w { image = "a/b:1" }\n' > $TMP/w.sgr; sgrc compile $TMP/w.sgr -o /nonexistent/x.yaml
sgrc: cannot write /nonexistent/x.yaml: No such file or directory
[1]
$ sgrc compile $TMP/w.sgr --target bytecode -o $TMP/w.sgb; head -c 200 $TMP/w.sgb > $TMP/cut.sgb; sgrc disasm $TMP/cut.sgb 2>&1 | sed "s|$TMP/||"
sgrc: cut.sgb: the program is damaged: its checksum is wrong
$ printf 'SGRB\001\000xxxx' > $TMP/x.sgb; sgrc compile $TMP/x.sgb 2>&1 | sed "s|$TMP/||"
sgrc: x.sgb: this is no .sgb program
# What is small because it is shared, and would be huge written out.
$ (echo "let a0 = [1]"; for i in $(seq 1 40); do echo "let a$i = [a$((i - 1)), a$((i - 1))]"; done) > $TMP/a.txt; sed "s/a\([0-9]\)/b\1/g" $TMP/a.txt | cat $TMP/a.txt - > $TMP/twice.txt
$ (cat $TMP/twice.txt; echo 'object c { apiVersion = "v1"; kind = "ConfigMap"; metadata = { name = "c" }; data = { x = "${a40 == b40}" } }') > $TMP/x.sgr; sgrc compile $TMP/x.sgr 2>&1 | sed "s|$TMP/||"
sgrc: values of more than 16777216 parts are compared (x.sgr:83)
$ (cat $TMP/twice.txt; echo 'object c { apiVersion = "v1"; kind = "ConfigMap"; metadata = { name = "c" }; data = { x = "${len(json(a40))}" } }') > $TMP/x.sgr; sgrc compile $TMP/x.sgr 2>&1 | sed "s|$TMP/||"
sgrc: a string of more than 256 MiB (x.sgr:83)
$ (cat $TMP/twice.txt; echo 'object c { apiVersion = "v1"; kind = "ConfigMap"; metadata = { name = "c" }; data = { x = "${len(a39 + unique([a40]))}" } }') > $TMP/x.sgr; sgrc compile $TMP/x.sgr 2>&1 | sed "s|$TMP/||"
sgrc: an item of more than 256 MiB (x.sgr:83)
$ (cat $TMP/twice.txt; echo 'object c { apiVersion = "v1"; kind = "ConfigMap"; metadata = { name = "c" }; data = { x = a40 } }') > $TMP/x.sgr; sgrc compile $TMP/x.sgr 2>&1 | sed "s|$TMP/||"
sgrc: the objects are more than 512 MiB of YAML
$ (echo 'let a0 = [1]'; for i in $(seq 1 40); do echo "let a$i = a$((i - 1)) + a$((i - 1))"; done; echo 'object c { apiVersion = "v1"; kind = "ConfigMap"; metadata = { name = "c" }; data = { x = "${len(a40)}" } }') > $TMP/x.sgr; sgrc compile $TMP/x.sgr 2>&1 | sed "s|$TMP/||"
sgrc: the values take more than 1024 MiB (x.sgr:26)
$ (echo 'let a0 = "0123456789abcdef"'; for i in $(seq 1 40); do echo "let a$i = \"\${a$((i - 1))}\${a$((i - 1))}\""; done; echo 'object c { apiVersion = "v1"; kind = "ConfigMap"; metadata = { name = "c" }; data = { x = "${len(a40)}" } }') > $TMP/x.sgr; sgrc compile $TMP/x.sgr 2>&1 | sed "s|$TMP/||"
sgrc: a string of more than 256 MiB (x.sgr:26)
# More than twenty errors in one text leave what is built in readable.
$ for i in $(seq 1 50); do echo 'let a = 1'; done > $TMP/many.sgr; sgrc compile $TMP/many.sgr 2>&1 | grep -c '^error'; sgrc lint -q $TMP/many.sgr | grep -c '^error'
20
20
