# The constructs of docs/language.md, section by section: what becomes of each, and what is told of it when it is wrong.
# Declarations, blocks and attributes are in ../compile, statements and scenarios in ../scenarios, codes in ../errors.
# Lexical structure
$ sgrc compile lexical.sgr | sed -n '/^kind: Lexical/,$p'
kind: Lexical
metadata:
  name: lexical
  namespace: default
for: any word is a key
or: also where a line could go on with it
if: a reserved word, too
a quoted.key: 1
spec:
  escapes: "tab\tquote\"back\\slash unicode é dollar $ $ and $5"
  interpolated: 3 in 4 a string
  raw: |-
    first 3
      indented \n
    last
  units:
  - 500ms
  - 30s
  - 5m
  - 1h30m
  - "1d"
  - 128Mi
  - 2Gi
  - 500M
  - 5%
  - 1000/s
  division: true
  milli_cpu:
  - 0.1
  - 6000
  range:
    from: 1
    to: 10
  list:
  - 1
  - 2
  - 3
  nested:
    a:
      b:
      - c: true
  long_call: one|two
  chosen: then
$ sgrc compile lexical.sgr | grep -E '^kind|^  name'
kind: Deployment
  name: svc-one
  namespace: default
kind: Service
  name: svc-one
  namespace: default
kind: Deployment
  name: svc-2-verbatim
  namespace: default
kind: Lexical
  name: lexical
  namespace: default
$ sgrc lint -q wrong_lexical.sgr
error[E0104]: this string is not closed
 --> wrong_lexical.sgr:1:9
  |
1 | let a = "no end
  |         ^ opened here
  = help: end it with " on the same line, or use """ for several lines

error[E0104]: unknown escape in a string
 --> wrong_lexical.sgr:2:10
  |
2 | let b = "\q is no escape"
  |          ^^
  = help: escapes are \n \t \" \\ and \u{...}; in """ strings a backslash is itself

error[E0103]: this is no duration
 --> wrong_lexical.sgr:3:9
  |
3 | let c = 30s5m
  |         ^^^^^ units descend from d to ms, each once
  = help: write 1h30m, 90m or 500ms

error[E0103]: `5mm` has no known unit
 --> wrong_lexical.sgr:4:9
  |
4 | let d = 5mm
  |         ^^^ a number and letters without a space
  = help: units are ms s m h d, %, Ki Mi Gi Ti k M G T, /s; `m` is milli-CPU where a cpu is expected

error[E0102]: expected a declaration, found `until`
 --> wrong_lexical.sgr:5:5
  |
5 | let until = 3
  |     ^^^^^

error[E0102]: expected the end of the file or the end of the line, found `<`
 --> wrong_lexical.sgr:6:15
  |
6 | let e = 1 < 2 < 3
  |               ^
  = help: comparisons do not chain; write `a < b and b < c`

error[E0102]: expected a value, found `}`
 --> wrong_lexical.sgr:7:15
  |
7 | let f = "${1 +}"
  |               ^

error[E0105]: this `[` is not closed
 --> wrong_lexical.sgr:8:9
  |
8 | let g = [1, 2
  |         ^ opened here

error[E0102]: expected the end of the line, found `kind`
 --> wrong_lexical.sgr:9:30
  |
9 | object o { apiVersion = "v1" kind = "X" }
  |                              ^^^^

error[E0104]: \u{110000} is no character
  --> wrong_lexical.sgr:10:10
   |
10 | let h = "\u{110000}"
   |          ^^^^^^^^^^

[1]
# Types and expressions
$ sgrc compile types.sgr
apiVersion: example.com/v1
kind: Types
metadata:
  name: types
  namespace: default
spec:
  same_plus_same:
  - 1m30s
  - 64Mi
  - 10%
  - 99/s
  times_number:
  - 1m
  - 64Mi
  - 30%
  - 25/s
  same_by_same:
  - 3
  - 2
  rate_by_time: 6000
  number_by_time: 1.6666666666666667/s
  percent_by_percent: 0.25
  int_by_int:
  - 3.5
  - 4
  - 3
  - 4
  percent_as_number:
  - 0.05
  - 1000%
  conversions:
  - 5
  - 120
  - 1024
  - 1.5
  - 90
  plus:
  - ab
  - - 1
    - 2
    - 3
  precedence:
  - 7
  - 9
  - 1
  - 5
  logic:
  - true
  - true
  - true
  absent: 2
  index:
  - 1s
  - 3s
  - 10s
  mapped:
  - 2
  - 8
  of_map:
  - fast=1s
  - slow=1m
  called:
  - 4
  - 120
  quantities: 100m .. 2 [1/s, 1000/s]
  canonical: 25% 1h30m 512Mi a/b:1 { low = 1, high = 2 } a/b:1
$ sgrc lint -q wrong_types.sgr
error[E0303]: a duration + an amount of memory has no meaning
 --> wrong_types.sgr:1:12
  |
1 | let a = 5s + 1Mi
  |            ^
 ::: wrong_types.sgr:1:9
  |
1 | let a = 5s + 1Mi
  |         ~~ this is a duration
 ::: wrong_types.sgr:1:14
  |
1 | let a = 5s + 1Mi
  |              ~~~ this is an amount of memory

error[E0303]: a duration + an int has no meaning
 --> wrong_types.sgr:2:14
  |
2 | let b = 100m + 1 < 5s
  |              ^
 ::: wrong_types.sgr:2:9
  |
2 | let b = 100m + 1 < 5s
  |         ~~~~ this is a duration
 ::: wrong_types.sgr:2:16
  |
2 | let b = 100m + 1 < 5s
  |                ~ this is an int
  = help: give the number a unit

error[E0301]: a cpu quantity cannot be a duration
 --> wrong_types.sgr:3:14
  |
3 | let c: cpu = 5s
  |              ^^ this is 5 seconds
  = help: write 500m for half a core

error[E0301]: an int cannot be a percentage
 --> wrong_types.sgr:4:14
  |
4 | let d: int = 5%
  |              ^^ this is a percentage

error[E0302]: a string cannot be an int
 --> wrong_types.sgr:5:17
  |
5 | let e: string = 3
  |                 ^ this is an int
  = help: put it into a string: "${...}"

error[E0303]: a string + an int has no meaning
 --> wrong_types.sgr:6:13
  |
6 | let f = "a" + 1
  |             ^
 ::: wrong_types.sgr:6:9
  |
6 | let f = "a" + 1
  |         ~~~ this is a string
 ::: wrong_types.sgr:6:15
  |
6 | let f = "a" + 1
  |               ~ this is an int

error[E0303]: a string has no negative
 --> wrong_types.sgr:7:9
  |
7 | let g = -"a"
  |         ^^^^

error[E0302]: a bool cannot be an int
 --> wrong_types.sgr:8:13
  |
8 | let h = not 3
  |             ^ this is an int

error[E0302]: a bool cannot be an int
 --> wrong_types.sgr:9:12
  |
9 | let i = if 1 then 2 else 3
  |            ^ this is an int

error[E0207]: there is no type `nothing_known`
  --> wrong_types.sgr:10:8
   |
10 | let j: nothing_known = 1
   |        ^^^^^^^^^^^^^

error[E0201]: nothing is named `none`
  --> wrong_types.sgr:11:9
   |
11 | let k = none
   |         ^^^^

error[E0207]: there is no type `text`
  --> wrong_types.sgr:12:15
   |
12 | fn l(x: int): text = x
   |               ^^^^

error[E0202]: a { a: int } has no field `b`
  --> wrong_types.sgr:13:19
   |
13 | let m = { a = 1 }.b
   |                   ^

error[E0202]: a list<int> has no field `first`
  --> wrong_types.sgr:14:16
   |
14 | let n = [1, 2].first
   |                ^^^^^

error[E0206]: `x` is missing
  --> wrong_types.sgr:15:9
   |
15 | let o = len()
   |         ^^^^^ of a any

error[E0302]: a string cannot be an int
  --> wrong_types.sgr:16:33
   |
16 | let p = join(["a"], separator = 1)
   |                                 ^ this is an int
   = help: put it into a string: "${...}"

error[E0206]: one argument too many: 1 are taken
  --> wrong_types.sgr:17:26
   |
17 | let q = (fn (x) => x)(1, 2)
   |                          ^

error[E0302]: an int cannot be a string
  --> wrong_types.sgr:18:25
   |
18 | let r: map<int> = { a = "x" }
   |                         ^^^ this is a string

error[E0301]: a duration cannot be an amount of memory
  --> wrong_types.sgr:19:30
   |
19 | let s: list<duration> = [5s, 5Mi]
   |                              ^^^ this is an amount of memory
   = help: write 30s, 5m or 1h30m

error[E0303]: an int .. a duration has no meaning
  --> wrong_types.sgr:20:11
   |
20 | let t = 1 .. 5s
   |           ^^
  ::: wrong_types.sgr:20:9
   |
20 | let t = 1 .. 5s
   |         ~ this is an int
  ::: wrong_types.sgr:20:14
   |
20 | let t = 1 .. 5s
   |              ~~ this is a duration

[1]
# Declarations
$ sgrc compile structure.sgr | grep -E '^kind|^  name|size:|SHARD|value: |^  replicas'
kind: Deployment
  name: shop-red
  namespace: default
    size: small
        size: small
        - name: SHARD_1
          value: red-1
        - name: SHARD_2
          value: red-2
  replicas: 1
kind: Deployment
  name: shop-blue
  namespace: default
    size: large
        size: large
        - name: SHARD_1
          value: blue-1
        - name: SHARD_2
          value: blue-2
  replicas: 2
kind: ConfigMap
  name: several
  namespace: default
$ sgrc lint -q wrong_structure.sgr
error[E0302]: a string cannot be an int
 --> wrong_structure.sgr:2:21
  |
2 | param bad: string = 3
  |                     ^ this is an int
  = help: put it into a string: "${...}"

error[E0203]: `p` is declared twice
 --> wrong_structure.sgr:3:5
  |
3 | let p = 4
  |     ^
 ::: wrong_structure.sgr:1:7
  |
1 | param p: int = 3 where p > 5
  |       ~ first here

error[E0302]: a loop runs over a list, a range or a map, not an int
 --> wrong_structure.sgr:4:10
  |
4 | for x in 3 { object { apiVersion = "v1", kind = "X", metadata = { name = "y" } } }
  |          ^

error[E0302]: a bool cannot be an int
 --> wrong_structure.sgr:5:4
  |
5 | if 1 { }
  |    ^ this is an int

error[E0202]: a workload has no attribute `immage`
 --> wrong_structure.sgr:6:29
  |
6 | workload w { image = "a:1", immage = "b:1" }
  |                             ^^^^^^
  = help: did you mean `image`?

error[E0203]: `w` is declared twice
 --> wrong_structure.sgr:7:10
  |
7 | workload w { image = "a:1" }
  |          ^
 ::: wrong_structure.sgr:6:10
  |
6 | workload w { image = "a:1", immage = "b:1" }
  |          ~ first here

error[E0201]: there is no workload `nobody`
 --> wrong_structure.sgr:8:11
  |
8 | autoscale nobody { replicas = 1 .. 3, cpu = 70% }
  |           ^^^^^^

error[E0403]: the range ends before it begins
 --> wrong_structure.sgr:9:26
  |
9 | autoscale w { replicas = 3 .. 1, cpu = 70% }
  |                          ^^^^^^
  = help: the request comes first, then the limit

error[E0402]: Kubernetes would refuse the name `Up`
  --> wrong_structure.sgr:10:10
   |
10 | workload Up { image = "a:1" }
   |          ^^
   = help: small letters, digits and -, beginning and ending with a letter or digit

note[W0208]: `Up` is not lower_case
  --> wrong_structure.sgr:10:10
   |
10 | workload Up { image = "a:1" }
   |          ^^
   = help: names of scripts are lower_case; _ becomes - in Kubernetes

error[E0203]: `cluster` is declared twice
  --> wrong_structure.sgr:12:1
   |
12 | cluster { }
   | ^^^^^^^^^^^
  ::: wrong_structure.sgr:11:1
   |
11 | cluster { }
   | ~~~~~~~~~~~ first here

error[E0302]: `flour` is none of the words that stand here
  --> wrong_structure.sgr:13:29
   |
13 | metric m(t: track) { unit = flour, promql = "up" }
   |                             ^^^^^ expected one of number | percent | duration | rate | count | memory | cpu

error[E0702]: this query may give several numbers: a selector gives one number for every series that matches; put sum(...), max(...) or avg(...) around it
  --> wrong_structure.sgr:13:46
   |
13 | metric m(t: track) { unit = flour, promql = "up" }
   |                                              ^^
   = help: aggregate with sum, max or avg

warning[W0705]: this selector sees both versions
  --> wrong_structure.sgr:13:46
   |
13 | metric m(t: track) { unit = flour, promql = "up" }
   |                                              ^^
   = help: add track="${t.name}" to its matchers

error[E0401]: this guard needs at least one `require`
  --> wrong_structure.sgr:14:7
   |
14 | guard g { every = 5s }
   |       ^

error[E0401]: this alert needs `promql`
  --> wrong_structure.sgr:15:7
   |
15 | alert a { summary = "x" }
   |       ^ the condition as PromQL

error[E0401]: this channel needs `slack`, `teams` or `webhook`
  --> wrong_structure.sgr:16:9
   |
16 | channel c { }
   |         ^

error[E0602]: `shift` is a verb; a routine needs another name
  --> wrong_structure.sgr:17:9
   |
17 | routine shift(r: rollout) { }
   |         ^^^^^

error[E0302]: a bool cannot be an int
  --> wrong_structure.sgr:18:15
   |
18 | invariant "i" 3
   |               ^ this is an int

error[E0401]: this audit needs at least one `require`
  --> wrong_structure.sgr:19:7
   |
19 | audit "x" { }
   |       ^^^

[1]
# Statements, by their grammar and by their meaning
$ sgrc lint -q wrong_statements.sgr
warning[W0603]: this rollout has no deadline of its own
 --> wrong_statements.sgr:7:9
  |
7 | rollout r of w {
  |         ^
  = help: write `deadline = 30m`: how long it may work and wait at most

error[E0102]: expected a value, found the end of the line
  --> wrong_statements.sgr:11:10
   |
11 |     shift
   |          ^

error[E0102]: expected `to`, found `by`
  --> wrong_statements.sgr:13:15
   |
13 |     scale new by 3
   |               ^^

error[E0102]: expected a value, found the end of the line
  --> wrong_statements.sgr:15:9
   |
15 |     wait
   |         ^

error[E0102]: expected `while`, found `until`
  --> wrong_statements.sgr:19:13
   |
19 |     hold 5m until g
   |             ^^^^^

error[E0102]: expected a value, found the end of the line
  --> wrong_statements.sgr:20:12
   |
20 |     approve
   |            ^

error[E0102]: expected the end of the line, found `now`
  --> wrong_statements.sgr:21:13
   |
21 |     promote now
   |             ^^^

error[E0102]: expected the end of the line, found `=`
  --> wrong_statements.sgr:24:22
   |
24 |     route header "x" = "1"
   |                      ^
   = help: comparisons are written `==`

error[E0102]: expected a declaration, found `"`
  --> wrong_statements.sgr:25:9
   |
25 |     job "migrate" { }
   |         ^

error[E0102]: expected a value, found the end of the line
  --> wrong_statements.sgr:26:12
   |
26 |     webhook
   |            ^

error[E0102]: expected `{` or `every`, found `10s`
  --> wrong_statements.sgr:28:17
   |
28 |     retry every 10s { promote }
   |                 ^^^

error[E0102]: expected `=` or `{`, found `}`
  --> wrong_statements.sgr:29:22
   |
29 |     within { promote }
   |                      ^

error[E0102]: expected `{`, found the end of the line
  --> wrong_statements.sgr:30:13
   |
30 |     parallel
   |             ^

error[E0102]: expected a string, found `{`
  --> wrong_statements.sgr:31:10
   |
31 |     step { promote }
   |          ^

[1]
$ sgrc lint -q wrong_rollout.sgr
error[E0602]: a share of the traffic is 0% to 100%
  --> wrong_rollout.sgr:11:11
   |
11 |     shift 120%
   |           ^^^^

error[E0201]: nothing is named `sideways`
  --> wrong_rollout.sgr:12:11
   |
12 |     scale sideways to 3
   |           ^^^^^^^^

error[E0302]: a bool cannot be an int
  --> wrong_rollout.sgr:13:16
   |
13 |     wait until 3
   |                ^ this is an int

error[E0301]: a duration cannot be an int
  --> wrong_rollout.sgr:14:10
   |
14 |     wait 5
   |          ^ this is an int
   = help: write 30s, 5m or 1h30m

error[E0201]: nothing is named `nobody`
  --> wrong_rollout.sgr:15:11
   |
15 |     check nobody
   |           ^^^^^^

error[E0301]: a duration cannot be an int
  --> wrong_rollout.sgr:16:10
   |
16 |     hold 5 while g
   |          ^ this is an int
   = help: write 30s, 5m or 1h30m

error[E0302]: a string cannot be an int
  --> wrong_rollout.sgr:17:13
   |
17 |     approve 3
   |             ^ this is an int
   = help: put it into a string: "${...}"

error[E0201]: nothing is named `traffic`
  --> wrong_rollout.sgr:18:10
   |
18 |     undo traffic
   |          ^^^^^^^

error[E0602]: traffic by replicas cannot mirror
  --> wrong_rollout.sgr:19:5
   |
19 |     mirror 10%
   |     ^^^^^^^^^^
   = help: of what is built in, istio can

error[E0201]: nothing is named `nobody`
  --> wrong_rollout.sgr:21:12
   |
21 |     notify nobody "x"
   |            ^^^^^^

error[E0302]: a string cannot be an int
  --> wrong_rollout.sgr:22:10
   |
22 |     fail 3
   |          ^ this is an int
   = help: put it into a string: "${...}"

error[E0302]: an object or a list of objects is expected, not an int
  --> wrong_rollout.sgr:23:11
   |
23 |     apply 3
   |           ^

error[E0302]: an object or a list of objects is expected, not a string
  --> wrong_rollout.sgr:24:12
   |
24 |     delete "x"
   |            ^^^

error[E0302]: a loop runs over a list, a range or a map, not an int
  --> wrong_rollout.sgr:25:14
   |
25 |     for x in 3 { promote }
   |              ^

error[E0302]: a bool cannot be an int
  --> wrong_rollout.sgr:26:8
   |
26 |     if 1 { promote }
   |        ^ this is an int

[1]
# Guards, scenarios, queries
$ sgrc lint -q wrong_scenario.sgr
error[E0302]: a track cannot be a string
  --> wrong_scenario.sgr:12:21
   |
12 | guard i { require m("x") < 1% }
   |                     ^^^ this is a string

error[E0201]: there is no workload `nobody`
  --> wrong_scenario.sgr:13:14
   |
13 | rollout t of nobody { mode = sideways, deadline = 1h, steps { promote } }
   |              ^^^^^^

error[E0302]: `sideways` is none of the words that stand here
  --> wrong_scenario.sgr:13:30
   |
13 | rollout t of nobody { mode = sideways, deadline = 1h, steps { promote } }
   |                              ^^^^^^^^ expected one of canary | blue_green | rolling

error[E0304]: `ready` asks the cluster, which a declaration must not
  --> wrong_scenario.sgr:14:15
   |
14 | let outside = ready(new)
   |               ^^^^^^^^^^
   = help: ask in a statement, a guard or a scenario

error[E0405]: `new` belongs to a rollout, a guard or a routine
  --> wrong_scenario.sgr:14:21
   |
14 | let outside = ready(new)
   |                     ^^^

error[E0201]: there is no rollout `nobody`
  --> wrong_scenario.sgr:16:7
   |
16 |   run nobody
   |       ^^^^^^

error[E0301]: a percentage cannot be a duration
  --> wrong_scenario.sgr:17:18
   |
17 |   given m(new) = 5s
   |                  ^^ this is 5 seconds
   = help: write 5% for a twentieth

error[E0201]: `given` sets a metric of the script, or `approval`
  --> wrong_scenario.sgr:18:9
   |
18 |   given nothing(new) = 5s
   |         ^^^^^^^^^^^^

error[E0301]: a duration cannot be an int
  --> wrong_scenario.sgr:19:6
   |
19 |   at 5 { given m(new) = 1% }
   |      ^ this is an int
   = help: write 30s, 5m or 1h30m

error[E0201]: there is no fault `no_such`
  --> wrong_scenario.sgr:20:9
   |
20 |   fault no_such()
   |         ^^^^^^^

error[E0302]: a bool cannot be an int
  --> wrong_scenario.sgr:22:10
   |
22 |   expect 3
   |          ^ this is an int

error[E0302]: `lost` is none of the words that stand here
  --> wrong_scenario.sgr:23:21
   |
23 |   expect outcome == lost
   |                     ^^^^ expected one of promoted | rolled_back | superseded | failed | installed | unchanged

error[E0401]: this scenario runs nothing
  --> wrong_scenario.sgr:25:1
   |
25 | scenario "t" { expect outcome == promoted }
   | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   = help: write `run ROLLOUT with { ... }`

error[E0702]: this query may give several numbers: a selector gives one number for every series that matches; put sum(...), max(...) or avg(...) around it
  --> wrong_scenario.sgr:26:26
   |
26 | metric two() { promql = "up" }
   |                          ^^
   = help: aggregate with sum, max or avg

error[E0701]: this ( is not closed
  --> wrong_scenario.sgr:27:32
   |
27 | metric broken() { promql = "sum(up" }
   |                                ^

error[E0702]: this query may give several numbers: sum by (...) gives one number for every value of job
  --> wrong_scenario.sgr:28:28
   |
28 | metric vague() { promql = "sum(up) by (job)" }
   |                            ^^^^^^^^^^^^^^^^
   = help: aggregate with sum, max or avg

error[E0405]: `new` belongs to a rollout, a guard or a routine
  --> wrong_scenario.sgr:29:23
   |
29 | audit "x" { require m(new) > 1% }
   |                       ^^^

error[E0201]: there is no track `upper`
  --> wrong_scenario.sgr:30:53
   |
30 | autoscale w { replicas = 1 .. 3, cpu = 70%, track = "upper" }
   |                                                     ^^^^^^^
   = help: write stable, canary, blue or green

[1]
# Values that only evaluation can judge
$ printf 'let some = { a = 1 }\nobject o { apiVersion = "v1", kind = "X", metadata = { name = "x" }, data = some["b"] }\n' > $TMP/a.sgr; sgrc compile $TMP/a.sgr 2>&1 | sed "s|$TMP/||"
sgrc: field `b` is missing (a.sgr:2)
$ printf 'param n: int = 0\nobject o { apiVersion = "v1", kind = "X", metadata = { name = "x" }, data = 1 / n }\n' > $TMP/a.sgr; sgrc compile $TMP/a.sgr 2>&1 | sed "s|$TMP/||"
sgrc: division by zero (a.sgr:2)
$ printf 'param n: int = 9223372036854775807\nobject o { apiVersion = "v1", kind = "X", metadata = { name = "x" }, data = n + 1 }\n' > $TMP/a.sgr; sgrc compile $TMP/a.sgr 2>&1 | sed "s|$TMP/||"
sgrc: addition: the result does not fit (a.sgr:2)
$ printf 'fn f(n: int): int = 1 + f(n)\nobject o { apiVersion = "v1", kind = "X", metadata = { name = "x" }, data = f(1) }\n' > $TMP/a.sgr; sgrc compile $TMP/a.sgr 2>&1 | sed "s|$TMP/||"
sgrc: calls are nested more than 10000 deep; is the recursion without end? (a.sgr:1)
$ printf 'param n: int = 3 where n > 5\nobject o { apiVersion = "v1", kind = "X", metadata = { name = "x" }, data = n }\n' > $TMP/a.sgr; sgrc compile $TMP/a.sgr 2>&1 | sed "s|$TMP/||"
sgrc: parameter `n` cannot be 3: its `where` does not hold
$ printf 'object o { apiVersion = "v1", kind = "X", metadata = { labels = { a = "b" } } }\n' > $TMP/a.sgr; sgrc compile $TMP/a.sgr 2>&1 | sed "s|$TMP/||"
sgrc: an object needs `metadata = { name = ... }` (a.sgr:1)
# Rights for what lies in no namespace, and for giving rights
$ sgrc compile rights.sgr --target rbac | grep -E '^kind|^  name:|namespaces|escalate|bind$'
kind: ServiceAccount
  name: sgr-ship
kind: Role
  name: sgr-ship
  - escalate
  - bind
kind: RoleBinding
  name: sgr-ship
  name: sgr-ship
  name: sgr-ship
kind: ClusterRole
  name: sgr-ship-default
  - namespaces
kind: ClusterRoleBinding
  name: sgr-ship-default
  name: sgr-ship-default
  name: sgr-ship
