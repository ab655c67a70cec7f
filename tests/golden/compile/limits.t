# What Kubernetes would refuse is told before anything is written: what a literal says when it is checked, what was
# computed when it is known.
$ printf 'let n = "X"\nworkload "svc-${n}" { image = "a/b:1" }\n' > $TMP/x.sgr; cd $TMP; sgrc compile x.sgr
sgrc: workload `svc-X`: Kubernetes would refuse the name `svc-X` (x.sgr:2)
[1]
$ printf 'workload "a_b" { image = "a/b:1" }\n' > $TMP/x.sgr; cd $TMP; sgrc compile x.sgr
error[E0402]: Kubernetes would refuse the name `a_b`
 --> x.sgr:1:10
  |
1 | workload "a_b" { image = "a/b:1" }
  |          ^^^^^
  = help: small letters, digits and -, beginning and ending with a letter or digit

[1]
$ printf 'workload "a.b" { image = "a/b:1" }\n' > $TMP/x.sgr; cd $TMP; sgrc lint -q x.sgr
error[E0402]: Kubernetes would refuse the name `a.b`
 --> x.sgr:1:10
  |
1 | workload "a.b" { image = "a/b:1" }
  |          ^^^^^
  = help: small letters, digits and -, beginning and ending with a letter or digit

[1]
$ printf 'workload a_b { image = "a/b:1" }\nworkload "a-b" { image = "a/b:2" }\n' > $TMP/x.sgr; cd $TMP; sgrc compile x.sgr
sgrc: the workload default/a-b is declared more than once
[1]
$ printf 'let few = 1 - 3\nworkload w { image = "a/b:1"; replicas = few; min_available = few; cpu = 3 .. 3 + few; memory = 2Gi .. 1Gi * few }\n' > $TMP/x.sgr; cd $TMP; sgrc compile x.sgr
sgrc: workload `w`: replicas cannot be -2 (x.sgr:2)
sgrc: workload `w`: min_available cannot be -2 (x.sgr:2)
sgrc: workload `w`: cpu ends before it begins: 3 .. 1 (x.sgr:2)
sgrc: workload `w`: memory ends before it begins: 2Gi .. -2Gi (x.sgr:2)
[1]
$ printf 'let port = 80000\nworkload w { image = "a/b:1"; ports = { http = port; much_too_long_a_name = 80; "2" = 80; "a--b" = 80 } }\n' > $TMP/x.sgr; cd $TMP; sgrc compile x.sgr
sgrc: workload `w`: port http = 80000: a name is at most 15 small letters, digits and -, a port 1 to 65535 (x.sgr:2)
sgrc: workload `w`: port much_too_long_a_name = 80: a name is at most 15 small letters, digits and -, a port 1 to 65535 (x.sgr:2)
sgrc: workload `w`: port 2 = 80: a name is at most 15 small letters, digits and -, a port 1 to 65535 (x.sgr:2)
sgrc: workload `w`: port a--b = 80: a name is at most 15 small letters, digits and -, a port 1 to 65535 (x.sgr:2)
[1]
$ printf 'workload w { image = "a/b:1"; labels = { "a b" = "c"; d = "e f"; "x.y/z" = "ok"; "/z" = "" }; annotations = { "g h" = "any text" } }\n' > $TMP/x.sgr; cd $TMP; sgrc compile x.sgr
sgrc: workload `w`: Kubernetes would refuse the label `a b: c` (x.sgr:1)
sgrc: workload `w`: Kubernetes would refuse the label `d: e f` (x.sgr:1)
sgrc: workload `w`: Kubernetes would refuse the label `/z: ` (x.sgr:1)
sgrc: workload `w`: Kubernetes would refuse the annotation `g h` (x.sgr:1)
[1]
$ printf 'workload w { image = "a/b:1"; env = { A = [1]; B = { c = 1 }; D = 5m; E = secret("s", "k") } }\n' > $TMP/x.sgr; cd $TMP; sgrc compile x.sgr
sgrc: workload `w`: env A is neither a text, a number, a bool, a quantity nor a secret (x.sgr:1)
sgrc: workload `w`: env B is neither a text, a number, a bool, a quantity nor a secret (x.sgr:1)
[1]
$ printf 'let tag = "1 2"\nlet place = "No"\nworkload w { image = "a/b:${tag}"; namespace = place }\n' > $TMP/x.sgr; cd $TMP; sgrc compile x.sgr
sgrc: workload `w`: `a/b:1 2` is no image reference (x.sgr:3)
sgrc: workload `w`: Kubernetes would refuse the namespace `No` (x.sgr:3)
[1]
$ printf 'let most = 1\nworkload w { image = "a/b:1" }\nautoscale w { replicas = 3 .. most }\n' > $TMP/x.sgr; cd $TMP; sgrc compile x.sgr
sgrc: autoscale of `w`: replicas cannot be 3 .. 1 (x.sgr:3)
[1]
$ printf 'for n in [1, 2, 1] { object { apiVersion = "v1"; kind = "ConfigMap"; metadata = { name = "c-${n}" } } }\n' > $TMP/x.sgr; cd $TMP; sgrc compile x.sgr
sgrc: the object ConfigMap default/c-1 is declared more than once
[1]
# The `where` of parameters: of a default, too, and it may look at others, in whatever order they are given.
$ printf 'param n: int = 3 where n > 5\nworkload w { image = "a/b:1"; replicas = n }\n' > $TMP/x.sgr; cd $TMP; sgrc compile x.sgr; sgrc compile x.sgr --set n=6 | grep replicas
sgrc: parameter `n` cannot be 3: its `where` does not hold
  replicas: 6
$ printf 'param most: int = 3\nlet twice = most * 2\nparam n: int = 3 where n < twice\nworkload w { image = "a/b:1"; replicas = n }\n' > $TMP/x.sgr; cd $TMP; sgrc compile x.sgr --set n=9 --set most=5 | grep replicas; SGR_PARAM_n=9 sgrc compile x.sgr
  replicas: 9
sgrc: parameter `n` cannot be 9: its `where` does not hold
[1]
# The same on the way to a cluster and in a scenario.
$ printf 'param few: int = 1\nworkload w { image = "a/b:1"; replicas = few }\nrollout ship of w { steps { promote } }\nscenario "none" {\n  run ship with { few = 0 - 1 }\n  expect outcome == promoted\n}\n' > $TMP/x.sgr; cd $TMP; sgrc run --sim x.sgr --set few=-1; sgrc test x.sgr
sgrc: workload `w`: replicas cannot be -1 (x.sgr:2)
sgrc: workload `w`: replicas cannot be -1 (x.sgr:2)
x.sgr
  FAIL none
0 passed, 1 failed
[1]
