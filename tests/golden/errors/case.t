# One file for each code: what is told, with its place.
$ printf '\377' > $TMP/E0101.sgr; sgrc lint -q $TMP/E0101.sgr | sed "s|$TMP/||"
error[E0101]: the file is not UTF-8
 --> E0101.sgr:1:1
  |
1 | \xff
  | ^^^^
  = help: scripts are UTF-8 text; is this another kind of file?

$ sgrc lint E0102.sgr
error[E0105]: this `[` is not closed
 --> E0102.sgr:1:9
  |
1 | let a = [1, 2
  |         ^ opened here

error[E0102]: expected `=` or `{`, found `:`
 --> E0102.sgr:2:19
  |
2 | workload w { image: "a/b:1" }
  |                   ^
  = help: write `=` between a key and its value

error[E0102]: expected a value, found `=`
 --> E0102.sgr:3:14
  |
3 | let b = 1 == = 2
  |              ^

error[E0102]: unexpected `&&`
 --> E0102.sgr:4:11
  |
4 | let c = a && b
  |           ^^
  = help: write `and`

error[E0102]: expected `:` or `,` or `)`, found `int`
 --> E0102.sgr:5:8
  |
5 | fn f(a int): int = 1
  |        ^^^

error[E0102]: expected a declaration, found `elif`
 --> E0102.sgr:6:1
  |
6 | elif x
  | ^^^^
  = help: write `else if`

1 file, 6 errors, 0 warnings
[1]
$ sgrc lint E0103.sgr
error[E0103]: `12abc` has no known unit
 --> E0103.sgr:1:13
  |
1 | let a = 5 + 12abc
  |             ^^^^^ a number and letters without a space
  = help: units are ms s m h d, %, Ki Mi Gi Ti k M G T, /s; `m` is milli-CPU where a cpu is expected

error[E0103]: this is no duration
 --> E0103.sgr:2:9
  |
2 | let b = 5m1h
  |         ^^^^ units descend from d to ms, each once
  = help: write 1h30m, 90m or 500ms

error[E0103]: this number is too large
 --> E0103.sgr:3:9
  |
3 | let c = 99999999999999999999
  |         ^^^^^^^^^^^^^^^^^^^^ beyond what 64 bits hold

1 file, 3 errors, 0 warnings
[1]
$ sgrc lint E0104.sgr
error[E0104]: this string is not closed
 --> E0104.sgr:1:9
  |
1 | let a = "open
  |         ^ opened here
  = help: end it with " on the same line, or use """ for several lines

error[E0104]: unknown escape in a string
 --> E0104.sgr:2:14
  |
2 | let b = "bad \q"
  |              ^^
  = help: escapes are \n \t \" \\ and \u{...}; in """ strings a backslash is itself

error[E0104]: \u{110000} is no character
 --> E0104.sgr:3:10
  |
3 | let c = "\u{110000}"
  |          ^^^^^^^^^^

error[E0104]: this string is not closed
 --> E0104.sgr:4:10
  |
4 | let e = ["ends inside ${]
  |          ^ opened here
  = help: end it with " on the same line, or use """ for several lines

error[E0104]: this string is not closed
 --> E0104.sgr:5:24
  |
5 | let f = [text("a${text("b${)")})]
  |                        ^ opened here
  = help: end it with " on the same line, or use """ for several lines

error[E0104]: this string is not closed
 --> E0104.sgr:6:15
  |
6 | let g = [text("""c${)]
  |               ^^^ opened here

error[E0104]: this string is not closed
 --> E0104.sgr:8:9
  |
8 | let d = """never closed
  |         ^^^ opened here

1 file, 7 errors, 0 warnings
[1]
$ sgrc lint E0105.sgr
error[E0105]: this `{` is not closed
 --> E0105.sgr:1:12
  |
1 | workload w {
  |            ^ opened here

1 file, 1 error, 0 warnings
[1]
$ sgrc lint E0106.sgr
error[E0106]: brackets are nested more than 200 deep
 --> E0106.sgr:1:209
  |
1 | ...[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]...
  |                                                                                    ^

1 file, 1 error, 0 warnings
[1]
$ sgrc lint E0201.sgr
warning[W0705]: this selector sees both versions
 --> E0201.sgr:2:57
  |
2 | metric errors(t: track) { unit = percent; promql = "sum(errors)" }
  |                                                         ^^^^^^
  = help: add track="${t.name}" to its matchers

error[E0201]: nothing is named `replcas`
 --> E0201.sgr:4:9
  |
4 | let x = replcas + 1
  |         ^^^^^^^
  = help: did you mean `replace`?

error[E0201]: there is no workload `apo`
 --> E0201.sgr:5:11
  |
5 | autoscale apo { replicas = 1 .. 2 }
  |           ^^^
  = help: did you mean `api`?

error[E0201]: nothing is named `joim`
 --> E0201.sgr:6:9
  |
6 | let y = joim(["a"], ",")
  |         ^^^^
  = help: did you mean `join`?

error[E0201]: nothing is named `nothing_like_it`
 --> E0201.sgr:7:9
  |
7 | let z = nothing_like_it
  |         ^^^^^^^^^^^^^^^

1 file, 4 errors, 1 warning
[1]
$ sgrc lint E0202.sgr
warning[W0705]: this selector sees both versions
 --> E0202.sgr:2:57
  |
2 | metric errors(t: track) { unit = percent; promql = "sum(errors)" }
  |                                                         ^^^^^^
  = help: add track="${t.name}" to its matchers

error[E0202]: a workload has no attribute `replcias`
 --> E0202.sgr:4:31
  |
4 | workload w { image = "a/b:1"; replcias = 3 }
  |                               ^^^^^^^^
  = help: did you mean `replicas`?

error[E0202]: a probe has no field `pathh`
 --> E0202.sgr:6:11
  |
6 | let q = p.pathh
  |           ^^^^^
  = help: did you mean `path`?

error[E0202]: a probe has no field `prot`
 --> E0202.sgr:7:55
  |
7 | workload v { image = "a/b:1"; ready = { kind = "tcp", prot = "x" } }
  |                                                       ^^^^
  = help: did you mean `port`?

1 file, 3 errors, 1 warning
[1]
$ sgrc lint E0203.sgr
warning[W0705]: this selector sees both versions
 --> E0203.sgr:2:57
  |
2 | metric errors(t: track) { unit = percent; promql = "sum(errors)" }
  |                                                         ^^^^^^
  = help: add track="${t.name}" to its matchers

error[E0203]: `a` is declared twice
 --> E0203.sgr:5:5
  |
5 | let a = 2
  |     ^
 ::: E0203.sgr:4:5
  |
4 | let a = 1
  |     ~ first here

error[E0203]: `image` stands here twice
 --> E0203.sgr:6:31
  |
6 | workload w { image = "a/b:1"; image = "c/d:1" }
  |                               ^^^^^
 ::: E0203.sgr:6:14
  |
6 | workload w { image = "a/b:1"; image = "c/d:1" }
  |              ~~~~~ first here

1 file, 2 errors, 1 warning
[1]
$ sgrc lint E0204.sgr
error[E0204]: `a` needs itself
 --> E0204.sgr:1:5
  |
1 | let a = b + 1
  |     ^

1 file, 1 error, 0 warnings
[1]
$ sgrc lint E0205.sgr
error[E0205]: cannot read not-there.sgr: No such file or directory
 --> E0205.sgr:1:8
  |
1 | import "./not-there.sgr"
  |        ^^^^^^^^^^^^^^^^^

error[E0205]: the standard library has no module `std/nothing`
 --> E0205.sgr:2:8
  |
2 | import "std/nothing"
  |        ^^^^^^^^^^^^^

1 file, 2 errors, 0 warnings
[1]
$ sgrc lint E0206.sgr
error[E0206]: `a` is missing
 --> E0206.sgr:2:9
  |
2 | let a = f()
  |         ^^^ of an int

error[E0206]: one argument too many: 2 are taken
 --> E0206.sgr:3:17
  |
3 | let b = f(1, 2, 3)
  |                 ^

error[E0206]: there is no parameter `bb`
 --> E0206.sgr:4:18
  |
4 | let c = f(a = 1, bb = 2)
  |                  ^^
  = help: did you mean `b`?

error[E0206]: an int cannot be called
 --> E0206.sgr:6:9
  |
6 | let e = d(1)
  |         ^

error[E0206]: this argument is given twice
 --> E0206.sgr:7:18
  |
7 | let g = f(1, a = 1)
  |                  ^

1 file, 5 errors, 0 warnings
[1]
$ sgrc lint E0207.sgr
error[E0207]: there is no type `strng`
 --> E0207.sgr:1:9
  |
1 | fn f(a: strng): int = 1
  |         ^^^^^
  = help: did you mean `string`?

error[E0207]: there is no type `lst`
 --> E0207.sgr:2:8
  |
2 | let a: lst<int> = []
  |        ^^^^^^^^
  = help: did you mean `int`?

error[E0207]: parameter `a` needs a type
 --> E0207.sgr:3:6
  |
3 | fn g(a): int = 1
  |      ^

1 file, 3 errors, 0 warnings
[1]
$ sgrc lint E0301.sgr
error[E0301]: a cpu quantity cannot be a duration
 --> E0301.sgr:3:14
  |
3 |   cpu      = 5s .. 2
  |              ^^ this is 5 seconds
  = help: write 500m for half a core

error[E0301]: an amount of memory cannot be a percentage
 --> E0301.sgr:4:14
  |
4 |   memory   = 10% .. 1Gi
  |              ^^^ this is a percentage
  = help: write 512Mi or 2Gi

error[E0301]: a duration cannot be an amount of memory
 --> E0301.sgr:5:14
  |
5 |   drain    = 128Mi
  |              ^^^^^ this is an amount of memory
  = help: write 30s, 5m or 1h30m

1 file, 3 errors, 0 warnings
[1]
$ sgrc lint E0302.sgr
warning[W0705]: this selector sees both versions
 --> E0302.sgr:2:57
  |
2 | metric errors(t: track) { unit = percent; promql = "sum(errors)" }
  |                                                         ^^^^^^
  = help: add track="${t.name}" to its matchers

error[E0302]: an int cannot be a string
 --> E0302.sgr:4:42
  |
4 | workload w { image = "a/b:1"; replicas = "3"; ports = { http = "80" }; spread = 1 }
  |                                          ^^^ this is a string

error[E0302]: an int cannot be a string
 --> E0302.sgr:4:64
  |
4 | workload w { image = "a/b:1"; replicas = "3"; ports = { http = "80" }; spread = 1 }
  |                                                                ^^^^ this is a string

error[E0302]: a bool cannot be an int
 --> E0302.sgr:4:81
  |
4 | workload w { image = "a/b:1"; replicas = "3"; ports = { http = "80" }; spread = 1 }
  |                                                                                 ^ this is an int

warning[W0603]: this rollout has no deadline of its own
 --> E0302.sgr:5:9
  |
5 | rollout r of api { mode = cannary; steps { check api } }
  |         ^
  = help: write `deadline = 30m`: how long it may work and wait at most

error[E0302]: `cannary` is none of the words that stand here
 --> E0302.sgr:5:27
  |
5 | rollout r of api { mode = cannary; steps { check api } }
  |                           ^^^^^^^ expected one of canary | blue_green | rolling

error[E0302]: a guard cannot be a workload
 --> E0302.sgr:5:50
  |
5 | rollout r of api { mode = cannary; steps { check api } }
  |                                                  ^^^ this is a workload

error[E0302]: an int cannot be a string
 --> E0302.sgr:6:21
  |
6 | let x: list<int> = ["a"]
  |                     ^^^ this is a string

1 file, 6 errors, 2 warnings
[1]
$ sgrc lint E0303.sgr
error[E0303]: a duration + an int has no meaning
 --> E0303.sgr:1:12
  |
1 | let a = 5s + 3
  |            ^
 ::: E0303.sgr:1:9
  |
1 | let a = 5s + 3
  |         ~~ this is a duration
 ::: E0303.sgr:1:14
  |
1 | let a = 5s + 3
  |              ~ this is an int
  = help: give the number a unit

error[E0303]: a duration * a duration has no meaning
 --> E0303.sgr:2:12
  |
2 | let b = 5s * 2s
  |            ^
 ::: E0303.sgr:2:9
  |
2 | let b = 5s * 2s
  |         ~~ this is a duration
 ::: E0303.sgr:2:14
  |
2 | let b = 5s * 2s
  |              ~~ this is a duration

error[E0303]: a string < an int has no meaning
 --> E0303.sgr:3:13
  |
3 | let c = "a" < 3
  |             ^
 ::: E0303.sgr:3:9
  |
3 | let c = "a" < 3
  |         ~~~ this is a string
 ::: E0303.sgr:3:15
  |
3 | let c = "a" < 3
  |               ~ this is an int

error[E0303]: a string has no negative
 --> E0303.sgr:4:9
  |
4 | let d = -"a"
  |         ^^^^

error[E0303]: a rate + a percentage has no meaning
 --> E0303.sgr:5:13
  |
5 | let e = 5/s + 5%
  |             ^
 ::: E0303.sgr:5:9
  |
5 | let e = 5/s + 5%
  |         ~~~ this is a rate
 ::: E0303.sgr:5:15
  |
5 | let e = 5/s + 5%
  |               ~~ this is a percentage

error[E0303]: an int has no items
 --> E0303.sgr:6:9
  |
6 | let f = 3[0]
  |         ^^^^

1 file, 6 errors, 0 warnings
[1]
$ sgrc lint E0304.sgr
warning[W0705]: this selector sees both versions
 --> E0304.sgr:2:57
  |
2 | metric errors(t: track) { unit = percent; promql = "sum(errors)" }
  |                                                         ^^^^^^
  = help: add track="${t.name}" to its matchers

error[E0304]: `replicas` asks the cluster, which a workload must not
 --> E0304.sgr:4:42
  |
4 | workload w { image = "a/b:1"; replicas = replicas(old_track()) }
  |                                          ^^^^^^^^^^^^^^^^^^^^^
  = help: ask in a statement, a guard or a scenario

error[E0304]: `errors` asks the cluster, which a declaration must not
 --> E0304.sgr:6:9
  |
6 | let x = errors(old_track())
  |         ^^^^^^^^^^^^^^^^^^^
  = help: ask in a statement, a guard or a scenario

1 file, 2 errors, 1 warning
[1]
$ sgrc lint E0305.sgr
error[E0305]: `cpu` may be absent
 --> E0305.sgr:1:33
  |
1 | fn f(w: workload): range<cpu> = w.cpu
  |                                 ^^^^^
  = help: say what holds then: `... ?? value`

1 file, 1 error, 0 warnings
[1]
$ sgrc lint E0401.sgr
error[E0401]: this workload needs `image`
 --> E0401.sgr:1:10
  |
1 | workload w { replicas = 3 }
  |          ^ container image

error[E0401]: this metric needs `promql`
 --> E0401.sgr:2:8
  |
2 | metric m { unit = rate }
  |        ^ the query; yields one number

error[E0401]: this guard needs at least one `require`
 --> E0401.sgr:3:7
  |
3 | guard g { every = 5s }
  |       ^

error[E0401]: this autoscale needs `replicas`
 --> E0401.sgr:4:11
  |
4 | autoscale w { cpu = 70% }
  |           ^ bounds

error[E0401]: whose rollout is this?
 --> E0401.sgr:5:9
  |
5 | rollout r { steps { promote } }
  |         ^
  = help: write `rollout r of WORKLOAD`

warning[W0603]: this rollout has no deadline of its own
 --> E0401.sgr:5:9
  |
5 | rollout r { steps { promote } }
  |         ^
  = help: write `deadline = 30m`: how long it may work and wait at most

error[E0401]: this scenario runs nothing
 --> E0401.sgr:6:1
  |
6 | scenario "s" { }
  | ^^^^^^^^^^^^^^^^
  = help: write `run ROLLOUT with { ... }`

error[E0401]: an object needs `apiVersion`, `kind` and `metadata` with a `name`
 --> E0401.sgr:7:1
  |
7 | object o { kind = "X" }
  | ^^^^^^^^^^^^^^^^^^^^^^^

error[E0401]: a { low: int, high: int } needs `high`
 --> E0401.sgr:8:37
  |
8 | let pair: { low: int, high: int } = { low = 1 }
  |                                     ^^^^^^^^^^^

1 file, 8 errors, 1 warning
[1]
$ sgrc lint E0402.sgr
error[E0402]: Kubernetes would refuse the name `Gate-Way`
 --> E0402.sgr:1:10
  |
1 | workload Gate_Way { image = "a/b:1" }
  |          ^^^^^^^^
  = help: small letters, digits and -, beginning and ending with a letter or digit

note[W0208]: `Gate_Way` is not lower_case
 --> E0402.sgr:1:10
  |
1 | workload Gate_Way { image = "a/b:1" }
  |          ^^^^^^^^
  = help: names of scripts are lower_case; _ becomes - in Kubernetes

error[E0402]: Kubernetes would refuse the name `-bad-`
 --> E0402.sgr:2:10
  |
2 | workload "-bad-" { image = "a/b:1" }
  |          ^^^^^^^
  = help: small letters, digits and -, beginning and ending with a letter or digit

error[E0402]: Kubernetes would refuse the name `Not Good`
 --> E0402.sgr:3:43
  |
3 | workload w { image = "a/b:1"; namespace = "Not Good" }
  |                                           ^^^^^^^^^^
  = help: small letters, digits and -, beginning and ending with a letter or digit

1 file, 3 errors, 0 warnings
[1]
$ sgrc lint E0403.sgr
error[E0403]: replicas cannot be negative
 --> E0403.sgr:1:42
  |
1 | workload w { image = "a/b:1"; replicas = -1; ports = { http = 70000 }; memory = 2Gi .. 1Gi }
  |                                          ^^

error[E0403]: a port is 1 to 65535
 --> E0403.sgr:1:63
  |
1 | workload w { image = "a/b:1"; replicas = -1; ports = { http = 70000 }; memory = 2Gi .. 1Gi }
  |                                                               ^^^^^

error[E0403]: the range ends before it begins
 --> E0403.sgr:1:81
  |
1 | workload w { image = "a/b:1"; replicas = -1; ports = { http = 70000 }; memory = 2Gi .. 1Gi }
  |                                                                                 ^^^^^^^^^^
  = help: the request comes first, then the limit

error[E0403]: a guard fails after one breach at the earliest
 --> E0403.sgr:2:24
  |
2 | guard g { fail_after = 0; require true }
  |                        ^

1 file, 4 errors, 0 warnings
[1]
$ sgrc lint E0404.sgr
error[E0404]: this is no image reference
 --> E0404.sgr:1:22
  |
1 | workload w { image = "not an image" }
  |                      ^^^^^^^^^^^^^^
  = help: write repository/name:tag

error[E0404]: this is no image reference
 --> E0404.sgr:2:22
  |
2 | workload v { image = "" }
  |                      ^^
  = help: write repository/name:tag

1 file, 2 errors, 0 warnings
[1]
$ sgrc lint E0405.sgr
warning[W0705]: this selector sees both versions
 --> E0405.sgr:2:57
  |
2 | metric errors(t: track) { unit = percent; promql = "sum(errors)" }
  |                                                         ^^^^^^
  = help: add track="${t.name}" to its matchers

error[E0405]: `new` belongs to a rollout, a guard or a routine
 --> E0405.sgr:4:9
  |
4 | let x = new.name
  |         ^^^

error[E0405]: this does not stand in such a block
 --> E0405.sgr:5:31
  |
5 | workload w { image = "a/b:1"; require true }
  |                               ^^^^^^^^^^^^

error[E0201]: there is no rollout `nothing`
 --> E0405.sgr:6:20
  |
6 | scenario "s" { run nothing; steps { promote } }
  |                    ^^^^^^^

error[E0405]: a scenario has run, given, at, fault and expect
 --> E0405.sgr:6:29
  |
6 | scenario "s" { run nothing; steps { promote } }
  |                             ^^^^^^^^^^^^^^^^^

warning[W0705]: this selector sees both versions
 --> E0405.sgr:7:36
  |
7 | metric m(a: track) { promql = "sum(x)" }
  |                                    ^
  = help: add track="${a.name}" to its matchers

error[E0405]: a channel takes no parameters
 --> E0405.sgr:8:11
  |
8 | channel c(a: int) { slack = env("X") }
  |           ^

error[E0405]: this does not stand inside a `for` or an `if`
 --> E0405.sgr:9:19
  |
9 | for i in 1 .. 3 { fn twice(x: int): int = x * 2 }
  |                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  = help: move it out; a function may take what differs as an argument

error[E0405]: this does not stand inside a `for` or an `if`
  --> E0405.sgr:10:11
   |
10 | if true { import "std/audits" }
   |           ^^^^^^^^^^^^^^^^^^^
   = help: move it out; a function may take what differs as an argument

1 file, 7 errors, 2 warnings
[1]
$ sgrc lint E0601.sgr
warning[W0705]: this selector sees both versions
 --> E0601.sgr:2:57
  |
2 | metric errors(t: track) { unit = percent; promql = "sum(errors)" }
  |                                                         ^^^^^^
  = help: add track="${t.name}" to its matchers

error[E0601]: this rollout has no steps
 --> E0601.sgr:4:9
  |
4 | rollout r of api { mode = canary }
  |         ^
  = help: write `steps { shift 10%; check GUARD; promote }`

warning[W0603]: this rollout has no deadline of its own
 --> E0601.sgr:4:9
  |
4 | rollout r of api { mode = canary }
  |         ^
  = help: write `deadline = 30m`: how long it may work and wait at most

1 file, 1 error, 2 warnings
[1]
$ sgrc lint E0602.sgr
warning[W0705]: this selector sees both versions
 --> E0602.sgr:2:57
  |
2 | metric errors(t: track) { unit = percent; promql = "sum(errors)" }
  |                                                         ^^^^^^
  = help: add track="${t.name}" to its matchers

warning[W0603]: this rollout has no deadline of its own
 --> E0602.sgr:4:9
  |
4 | rollout r of api { steps { shift 150%; check fine; switch } }
  |         ^
  = help: write `deadline = 30m`: how long it may work and wait at most

error[E0602]: a share of the traffic is 0% to 100%
 --> E0602.sgr:4:34
  |
4 | rollout r of api { steps { shift 150%; check fine; switch } }
  |                                  ^^^^

error[E0602]: `switch` is for blue_green, this rollout is canary
 --> E0602.sgr:4:52
  |
4 | rollout r of api { steps { shift 150%; check fine; switch } }
  |                                                    ^^^^^^
  = help: write `shift 100%`

error[E0602]: `shift` is a verb; a routine needs another name
 --> E0602.sgr:5:9
  |
5 | routine shift(a: percent) { wait 1s }
  |         ^^^^^

1 file, 3 errors, 2 warnings
[1]
$ sgrc lint E0603.sgr
warning[W0705]: this selector sees both versions
 --> E0603.sgr:2:57
  |
2 | metric errors(t: track) { unit = percent; promql = "sum(errors)" }
  |                                                         ^^^^^^
  = help: add track="${t.name}" to its matchers

warning[W0603]: this rollout has no deadline of its own
 --> E0603.sgr:5:9
  |
5 | rollout r of api { steps { shift 50%; check slow; promote } }
  |         ^
  = help: write `deadline = 30m`: how long it may work and wait at most

error[E0603]: `slow` cannot fail here: 3 breaches 10s apart take longer than 15s
 --> E0603.sgr:5:39
  |
5 | rollout r of api { steps { shift 50%; check slow; promote } }
  |                                       ^^^^^^^^^^
 ::: E0603.sgr:4:7
  |
4 | guard slow { every = 10s; for = 15s; fail_after = 3; require errors(new) < 1% }
  |       ~~~~ the guard
  = help: sample for at least 20s, or lower fail_after

1 file, 1 error, 2 warnings
[1]
$ sgrc lint E0604.sgr
warning[W0705]: this selector sees both versions
 --> E0604.sgr:2:57
  |
2 | metric errors(t: track) { unit = percent; promql = "sum(errors)" }
  |                                                         ^^^^^^
  = help: add track="${t.name}" to its matchers

warning[W0603]: this rollout has no deadline of its own
 --> E0604.sgr:4:9
  |
4 | rollout r of api { steps { shift 50%; check fine; fail "no"; promote } }
  |         ^
  = help: write `deadline = 30m`: how long it may work and wait at most

error[E0604]: this is never reached
 --> E0604.sgr:4:62
  |
4 | rollout r of api { steps { shift 50%; check fine; fail "no"; promote } }
  |                                                              ^^^^^^^
 ::: E0604.sgr:4:51
  |
4 | rollout r of api { steps { shift 50%; check fine; fail "no"; promote } }
  |                                                   ~~~~~~~~~ the rollout ends here

1 file, 1 error, 2 warnings
[1]
$ sgrc lint E0605.sgr
warning[W0705]: this selector sees both versions
 --> E0605.sgr:2:57
  |
2 | metric errors(t: track) { unit = percent; promql = "sum(errors)" }
  |                                                         ^^^^^^
  = help: add track="${t.name}" to its matchers

error[E0605]: the waits of the steps alone take 6m
 --> E0605.sgr:4:31
  |
4 | rollout r of api { deadline = 5m; steps { shift 50%; for i in [1, 2, 3] { hold 2m while fine }; promote } }
  |                               ^^
  = help: a deadline of 14m leaves room

1 file, 1 error, 1 warning
[1]
$ sgrc lint E0701.sgr
error[E0701]: this ( is not closed
 --> E0701.sgr:1:35
  |
1 | metric m(t: track) { promql = "sum(rate(x{track=\"${t.name}\"}[1m])" }
  |                                   ^

error[E0701]: rate wants a range vector, not an instant vector; add a range as in [5m]
 --> E0701.sgr:4:10
  |
4 |     rate(x)
  |          ^

1 file, 2 errors, 0 warnings
[1]
$ sgrc lint E0702.sgr
error[E0702]: this query may give several numbers: a selector gives one number for every series that matches; put sum(...), max(...) or avg(...) around it
 --> E0702.sgr:1:27
  |
1 | metric m { promql = "rate(x[1m])" }
  |                           ^
  = help: aggregate with sum, max or avg

1 file, 1 error, 0 warnings
[1]
$ sgrc lint W0601.sgr
warning[W0401]: nothing tells when a pod of this is ready
 --> W0601.sgr:1:10
  |
1 | workload api { image = "a/b:1"; replicas = 3 }
  |          ^^^
  = help: add `ready = http_get("/ready", every = 5s)`

warning[W0402]: the pods of this have no cpu and no memory
 --> W0601.sgr:1:10
  |
1 | workload api { image = "a/b:1"; replicas = 3 }
  |          ^^^
  = help: add `cpu = 100m .. 1` and `memory = 128Mi .. 512Mi`

warning[W0705]: this selector sees both versions
 --> W0601.sgr:2:57
  |
2 | metric errors(t: track) { unit = percent; promql = "sum(errors)" }
  |                                                         ^^^^^^
  = help: add track="${t.name}" to its matchers

warning[W0203]: nothing samples the guard `fine`
 --> W0601.sgr:3:7
  |
3 | guard fine { require errors(new) < 1% }
  |       ^^^^
  = help: write `check fine` behind a `shift`, or `hold 5m while fine`

warning[W0603]: this rollout has no deadline of its own
 --> W0601.sgr:4:9
  |
4 | rollout r of api { traffic = nginx(ingress = "api"); steps { shift 10%; shift 50%; promote } }
  |         ^
  = help: write `deadline = 30m`: how long it may work and wait at most

warning[W0601]: nothing watches the new version after this increase
 --> W0601.sgr:4:62
  |
4 | rollout r of api { traffic = nginx(ingress = "api"); steps { shift 10%; shift 50%; promote } }
  |                                                              ^^^^^^^^^
  = help: add `check GUARD` or `hold 5m while GUARD` behind it

warning[W0601]: nothing watches the new version after this increase
 --> W0601.sgr:4:73
  |
4 | rollout r of api { traffic = nginx(ingress = "api"); steps { shift 10%; shift 50%; promote } }
  |                                                                         ^^^^^^^^^
  = help: add `check GUARD` or `hold 5m while GUARD` behind it

1 file, 0 errors, 7 warnings
[1]
$ sgrc lint W0602.sgr
warning[W0401]: nothing tells when a pod of this is ready
 --> W0602.sgr:1:10
  |
1 | workload api { image = "a/b:1"; replicas = 3 }
  |          ^^^
  = help: add `ready = http_get("/ready", every = 5s)`

warning[W0402]: the pods of this have no cpu and no memory
 --> W0602.sgr:1:10
  |
1 | workload api { image = "a/b:1"; replicas = 3 }
  |          ^^^
  = help: add `cpu = 100m .. 1` and `memory = 128Mi .. 512Mi`

warning[W0705]: this selector sees both versions
 --> W0602.sgr:2:57
  |
2 | metric errors(t: track) { unit = percent; promql = "sum(errors)" }
  |                                                         ^^^^^^
  = help: add track="${t.name}" to its matchers

warning[W0603]: this rollout has no deadline of its own
 --> W0602.sgr:4:9
  |
4 | rollout r of api { steps { shift 5%; check fine; shift 10%; check fine; promote } }
  |         ^
  = help: write `deadline = 30m`: how long it may work and wait at most

warning[W0608]: with 3 pods the least share is one pod: 33% of the traffic
 --> W0602.sgr:4:28
  |
4 | rollout r of api { steps { shift 5%; check fine; shift 10%; check fine; promote } }
  |                            ^^^^^^^^
  = help: take a traffic provider with weights or more pods, or write `shift 33%`

warning[W0602]: with 3 pods this share is the same as the one before: 1 pod
 --> W0602.sgr:4:50
  |
4 | rollout r of api { steps { shift 5%; check fine; shift 10%; check fine; promote } }
  |                                                  ^^^^^^^^^
  = help: take a traffic provider with weights, or more pods

1 file, 0 errors, 6 warnings
[1]
$ seq 70000 | sed 's/.*/fn f&(): int = 1/' > $TMP/f.sgr; sgrc compile -q $TMP/f.sgr 2>&1 | head -1
error[E0501]: this is too large: more than 60,000 functions
# The other formats, and compile prints the same to standard error.
$ sgrc lint E0301.sgr --format json
{"code":"E0301","name":"unit-mismatch","severity":"error","file":"E0301.sgr","line":3,"column":14,"endLine":3,"endColumn":16,"message":"a cpu quantity cannot be a duration","label":"this is 5 seconds","help":"write 500m for half a core"}
{"code":"E0301","name":"unit-mismatch","severity":"error","file":"E0301.sgr","line":4,"column":14,"endLine":4,"endColumn":17,"message":"an amount of memory cannot be a percentage","label":"this is a percentage","help":"write 512Mi or 2Gi"}
{"code":"E0301","name":"unit-mismatch","severity":"error","file":"E0301.sgr","line":5,"column":14,"endLine":5,"endColumn":19,"message":"a duration cannot be an amount of memory","label":"this is an amount of memory","help":"write 30s, 5m or 1h30m"}
[1]
$ sgrc lint W0601.sgr E0301.sgr --format github
::warning file=W0601.sgr,line=1,col=10,title=W0401::nothing tells when a pod of this is ready
::warning file=W0601.sgr,line=1,col=10,title=W0402::the pods of this have no cpu and no memory
::warning file=W0601.sgr,line=2,col=57,title=W0705::this selector sees both versions
::warning file=W0601.sgr,line=3,col=7,title=W0203::nothing samples the guard `fine`
::warning file=W0601.sgr,line=4,col=9,title=W0603::this rollout has no deadline of its own
::warning file=W0601.sgr,line=4,col=62,title=W0601::nothing watches the new version after this increase
::warning file=W0601.sgr,line=4,col=73,title=W0601::nothing watches the new version after this increase
::error file=E0301.sgr,line=3,col=14,title=E0301::a cpu quantity cannot be a duration
::error file=E0301.sgr,line=4,col=14,title=E0301::an amount of memory cannot be a percentage
::error file=E0301.sgr,line=5,col=14,title=E0301::a duration cannot be an amount of memory
[1]
$ sgrc compile E0301.sgr -q
error[E0301]: a cpu quantity cannot be a duration
 --> E0301.sgr:3:14
  |
3 |   cpu      = 5s .. 2
  |              ^^ this is 5 seconds
  = help: write 500m for half a core

error[E0301]: an amount of memory cannot be a percentage
 --> E0301.sgr:4:14
  |
4 |   memory   = 10% .. 1Gi
  |              ^^^ this is a percentage
  = help: write 512Mi or 2Gi

error[E0301]: a duration cannot be an amount of memory
 --> E0301.sgr:5:14
  |
5 |   drain    = 128Mi
  |              ^^^^^ this is an amount of memory
  = help: write 30s, 5m or 1h30m

[1]
$ sgrc lint -q .  | grep -c "^error\|^warning" | sed "s/[0-9][0-9]*/many/"
many
$ sgrc lint -q E0606.sgr
error[E0606]: `similar` compares metrics, this is none
 --> E0606.sgr:8:31
  |
8 |   require similar(share(new), 3)
  |                               ^
  = help: call a metric here, as in `errors(new)`

error[E0606]: `similar` cannot compare counters
 --> E0606.sgr:9:19
  |
9 |   require similar(errors(new), share(old), tolerance = 10%)
  |                   ^^^^^^^^^^^
  = help: compare how fast they grow: a metric of `rate(...)`

error[E0606]: `not_worse` compares counters, this is none
  --> E0606.sgr:10:47
   |
10 |   require not_worse(errors(new), errors(new), share(old), errors(old), 1%)
   |                                               ^^^^^^^^^^
   = help: give the metric `unit = count`, without `rate` in its query

error[E0606]: `similar` stands in the `require` of a guard
  --> E0606.sgr:12:22
   |
12 | routine early() { if similar(share(new), share(old)) { promote } }
   |                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   = help: only a guard remembers the samples before

error[E0606]: a budget counts, and this metric is not a counter of a track
  --> E0606.sgr:15:33
   |
15 |   error_budget = budget(errors, share, 1%)
   |                                 ^^^^^
   = help: name a metric with `unit = count` and one track

[1]
# Twenty errors at the most.
$ yes "let a = nothing" | head -50 > $TMP/many.sgr; sgrc lint -q $TMP/many.sgr | grep -c "^error"
20
