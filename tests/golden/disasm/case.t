$ sgrc disasm small.sgr
function main:limit.default: 0 parameters, 0 captured, 1 registers
small.sgr:1: param limit: int = 3 where limit > 0
     0  LOAD_INT        r0 3
     1  RETURN          r0

function main:limit.where: 1 parameters, 0 captured, 4 registers
small.sgr:1: param limit: int = 3 where limit > 0
     0  MOVE            r2 r0
     1  LOAD_INT        r3 0
     2  LT              r1 r3 r2
     3  RETURN          r1

function main:xs: 0 parameters, 0 captured, 8 registers
small.sgr:3: let xs    = [n * 2 for n in 1 .. 4 if n != 2]
     0  BUILD_LIST      r1
     1  LOAD            r6 1 .. 4
     2  ITER            r2 r6
     3  NEXT            r2 -> 10
     4  TEST_EQ_INT     r5 2 false
     5  JUMP            -> 9
     6  LOAD_INT        r7 2
     7  MUL             r6 r5 r7
     8  BUILD_ADD       r1 r6
     9  JUMP            -> 3
    10  BUILD_END       r0 r1
    11  RETURN          r0

function main:table: 0 parameters, 0 captured, 1 registers
small.sgr:4: let table = { a = 1, b = 2 }
     0  LOAD            r0 { a = 1, b = 2 }
     1  RETURN          r0

function main:words: 0 parameters, 0 captured, 6 registers
small.sgr:5: let words = { "k-${limit}" = true }
     0  BUILD_RECORD    r1
     1  LOAD_BOOL       r2 1
     2  LOAD            r4 "k-"
     3  GLOBAL          r5 @limit
     4  CONCAT          r3 r4 x2
     5  BUILD_SET       r1 r3 r2
     6  BUILD_END       r0 r1
     7  RETURN          r0

function main:pick: 2 parameters, 0 captured, 4 registers
small.sgr:7: fn pick(m: object, k: string): object = m.inner[k] ?? -1
     0  FIELD_OPT       r3 r0 "inner"
     1  INDEX_OPT       r2 r3 r1
     2  JUMP_IF_PRESENT r2 -> 5
     3  LOAD_INT        r2 -1
     4  JUMP            -> 6
     5  CONVERT         r2 r2 int
     6  RETURN          r2

function main:twice: 2 parameters, 0 captured, 7 registers
small.sgr:8: fn twice(f: fn(int): int, x: int): int = f(f(x))
     0  MOVE            r3 r0
     1  MOVE            r5 r0
     2  MOVE            r6 r1
     3  CALL            r4 r5 x1
     4  CALL            r2 r3 x1
     5  RETURN          r2

function main:add: 1 parameters, 0 captured, 4 registers
small.sgr:9: fn add(n: int): int = twice(fn (x) => x + n, n) - 1
     0  CLOSURE         r2 main:add.fn1 r0
     1  MOVE            r3 r0
     2  CALL_FN         r2 main:twice x2
     3  SUB_INT         r1 r2 1
     4  RETURN          r1

function main:show: 2 parameters, 0 captured, 4 registers
small.sgr:10: fn show(a: duration, b: bool): string = if not b and a <= 5m then "${a}" else "long"
     0  NOT             r2 r1
     1  JUMP_IF_NOT     r2 -> 4
     2  LOAD            r3 5m
     3  LE              r2 r0 r3
     4  JUMP_IF_NOT     r2 -> 8
     5  MOVE            r3 r0
     6  CONCAT          r2 r3 x1
     7  RETURN          r2
     8  LOAD            r2 "long"
     9  RETURN          r2

function main:count: 2 parameters, 0 captured, 4 registers
small.sgr:13:   if n == to then n else if n < to then count(n + 1, to) else if n > 9 then 9 else to
     0  TEST_EQ         r0 r1 true
     1  JUMP            -> 3
     2  RETURN          r0
     3  TEST_LT         r0 r1 true
     4  JUMP            -> 7
     5  ADD_INT         r0 r0 1
     6  AGAIN           r0 x0
     7  TEST_LE_INT     r0 9 false
     8  JUMP            -> 11
     9  LOAD_INT        r2 9
    10  RETURN          r2
    11  RETURN          r1

function main:differ: 2 parameters, 0 captured, 3 registers
small.sgr:14: fn differ(a: int, b: int): bool = a != b
     0  NE              r2 r0 r1
     1  RETURN          r2

function main:order: 2 parameters, 0 captured, 3 registers
small.sgr:16:   if a <= b then 1 else if a > b then 2 else if limit < 3 then 3 else 4
     0  TEST_LE         r0 r1 true
     1  JUMP            -> 4
     2  LOAD_INT        r2 1
     3  RETURN          r2
     4  TEST_LE         r0 r1 false
     5  JUMP            -> 8
     6  LOAD_INT        r2 2
     7  RETURN          r2
     8  GLOBAL          r2 @limit
     9  TEST_LT_INT     r2 3 true
    10  JUMP            -> 13
    11  LOAD_INT        r2 3
    12  RETURN          r2
    13  LOAD_INT        r2 4
    14  RETURN          r2

function main:svc: 0 parameters, 0 captured, 16 registers
small.sgr:18: workload svc {
     0  LOAD            r1 "workload"
     1  LOAD            r2 "svc"
     2  LOAD            r3 "svc"
     3  LOAD            r4 ""
     4  LOAD            r5 "small.sgr:18"
     5  LOAD            r6 {}
     6  LOAD            r7 {}
     7  LOAD            r8 {}
     8  LOAD            r9 {}
     9  LOAD            r10 {}
    10  LOAD            r11 {}
    11  LOAD_BOOL       r12 1
    12  LOAD            r13 10s
small.sgr:19:   image    = "a/b:1"
    13  LOAD            r14 "a/b:1"
small.sgr:20:   replicas = limit
    14  GLOBAL          r15 @limit
    15  RECORD          r0 r1 {kind name id doc place labels annotations ports env config volumes spread drain image replicas}
    16  RETURN          r0

function main:ok: 0 parameters, 0 captured, 13 registers
small.sgr:23: guard ok {
     0  LOAD            r1 "guard"
     1  LOAD            r2 "ok"
     2  LOAD            r3 "ok"
     3  LOAD            r4 ""
     4  LOAD            r5 "small.sgr:23"
     5  LOAD            r6 10s
     6  LOAD            r7 1m
     7  LOAD_INT        r8 3
     8  LOAD            r9 { word = "wait", value = 5m }
     9  CLOSURE         r10 main:ok.judge r10
    10  CLOSURE         r11 main:ok.watch r11
    11  CLOSURE         r12 main:ok.conditions r12
    12  RECORD          r0 r1 {kind name id doc place every for fail_after no_signal judge watch conditions}
    13  RETURN          r0

function main:lag: 0 parameters, 0 captured, 12 registers
small.sgr:27: metric lag() {
     0  LOAD            r1 "metric"
     1  LOAD            r2 "lag"
     2  LOAD            r3 "lag"
     3  LOAD            r4 ""
     4  LOAD            r5 "small.sgr:27"
     5  LOAD            r6 "duration"
     6  LOAD_INT        r7 0
     7  LOAD_BOOL       r8 0
     8  BUILD_LIST      r10
     9  BUILD_END       r9 r10
    10  CLOSURE         r10 main:lag.query r10
    11  CLOSURE         r11 main:lag.sample r11
    12  RECORD          r0 r1 {kind name id doc place unit arity per_track params query sample}
    13  RETURN          r0

function main:lag.sample: 0 parameters, 0 captured, 6 registers
small.sgr:27: metric lag() {
     0  LOAD            r1 "lag"
     1  LOAD            r2 ""
     2  LOAD_ABSENT     r3
small.sgr:29:   promql = """max(lag_seconds{app="svc"})"""
     3  LOAD            r3 "max(lag_seconds{app=\"svc\"})"
     4  LOAD            r4 "duration"
     5  BUILD_LIST      r5
     6  BUILD_END       r5 r5
     7  RECORD          r0 r1 {metric track promql unit args}
small.sgr:27: metric lag() {
     8  EFFECT          r0 effect.sample x1
     9  LOAD            r1 1s
    10  MUL             r0 r0 r1
    11  RETURN          r0

function main:settle: 2 parameters, 0 captured, 14 registers
small.sgr:33:   attempt {
     0  TRY             r2 -> 46
small.sgr:34:     within 5m {
     1  LOAD            r3 5m
     2  LOAD_BOOL       r4 0
     3  WITHIN          r3 r4
small.sgr:35:       wait until ready(new) timeout d
     4  MOVE            r5 r1
     5  LOAD_BOOL       r6 0
     6  EFFECT          r7 effect.now x0
     7  TRY             r8 -> 28
     8  WITHIN          r5 r6
     9  TRY             r10 -> 15
    10  FIELD           r11 r0 "new"
    11  CALL_FN         r11 std/cluster:ready x1
    12  MOVE            r9 r11
    13  END_TRY        
    14  JUMP            -> 21
    15  FIELD           r11 r10 "kind"
    16  LOAD            r12 "no_signal"
    17  EQ              r11 r11 r12
    18  JUMP_IF         r11 -> 20
    19  RAISE           r10
    20  LOAD_BOOL       r9 0
    21  JUMP_IF         r9 -> 25
    22  LOAD            r10 30s
    23  EFFECT          r10 effect.await x1
    24  JUMP            -> 9
    25  END_WITHIN     
    26  END_TRY        
    27  JUMP            -> 43
    28  FIELD           r12 r8 "kind"
    29  LOAD            r13 "deadline"
    30  EQ              r12 r12 r13
    31  JUMP_IF         r12 -> 33
    32  RAISE           r8
    33  EFFECT          r9 effect.now x0
    34  SUB             r9 r9 r7
    35  LE              r9 r5 r9
    36  JUMP_IF         r9 -> 38
    37  RAISE           r8
    38  LOAD            r9 "still waiting after "
    39  MOVE            r10 r5
    40  LOAD            r11 " until ready(new)"
    41  CONCAT          r9 r9 x3
    42  FAIL            r9
    43  END_WITHIN     
    44  END_TRY        
    45  JUMP            -> 50
small.sgr:38:     fail "not settled: ${reason.text}"
    46  LOAD            r4 "not settled: "
    47  FIELD           r5 r2 "text"
    48  CONCAT          r3 r4 x2
    49  FAIL            r3
small.sgr:40:   settle_more(d)
    50  MOVE            r2 r0
    51  MOVE            r3 r1
    52  TAIL_CALL_FN    r2 main:settle_more x2
    53  LOAD_ABSENT     r2
    54  RETURN          r2

function main:settle_more: 2 parameters, 0 captured, 12 registers
small.sgr:44:   parallel {
     0  MOVE            r5 r0
     1  MOVE            r6 r1
     2  CLOSURE         r3 main:settle_more.fiber1 r5
     3  CLOSURE         r4 main:settle_more.fiber2 r0
     4  PARALLEL        r2 r3 x2
small.sgr:48:   retry 2 every 5s { apply [] }
     5  LOAD_INT        r2 2
     6  LOAD_INT        r3 0
     7  TRY             r4 -> 14
     8  MOVE            r6 r0
     9  LOAD            r7 []
    10  LOAD_ABSENT     r8
    11  CALL_FN         r6 std/verbs:apply x3
    12  END_TRY        
    13  JUMP            -> 47
    14  FIELD           r6 r4 "kind"
    15  LOAD            r7 "aborted"
    16  EQ              r6 r6 r7
    17  JUMP_IF         r6 -> 31
    18  FIELD           r6 r4 "kind"
    19  LOAD            r7 "interrupted"
    20  EQ              r6 r6 r7
    21  JUMP_IF         r6 -> 31
    22  FIELD           r6 r4 "kind"
    23  LOAD            r7 "cancelled"
    24  EQ              r6 r6 r7
    25  JUMP_IF         r6 -> 31
    26  FIELD           r6 r4 "kind"
    27  LOAD            r7 "deadline"
    28  EQ              r6 r6 r7
    29  JUMP_IF         r6 -> 31
    30  JUMP            -> 32
    31  RAISE           r4
    32  LOAD_INT        r5 1
    33  ADD             r3 r3 r5
    34  LT              r5 r3 r2
    35  JUMP_IF         r5 -> 37
    36  RAISE           r4
    37  MOVE            r8 r3
    38  MOVE            r9 r2
    39  FIELD           r10 r4 "kind"
    40  FIELD           r11 r4 "text"
    41  RECORD          r7 r8 {failures of kind text}
    42  LOAD            r6 "retry"
    43  EFFECT          r6 effect.report x2
    44  LOAD            r6 5s
    45  EFFECT          r6 effect.sleep x1
    46  JUMP            -> 7
    47  LOAD_ABSENT     r2
    48  RETURN          r2

function main:go: 0 parameters, 0 captured, 20 registers
small.sgr:51: rollout go of svc {
     0  LOAD            r1 "rollout"
     1  LOAD            r2 "go"
     2  LOAD            r3 "go"
     3  LOAD            r4 ""
     4  LOAD            r5 "small.sgr:51"
     5  GLOBAL          r6 @main:svc
     6  FIELD           r6 r6 "name"
     7  GLOBAL          r7 @main:svc
     8  LOAD            r8 "canary"
     9  LOAD            r9 1h
    10  LOAD            r10 5m
    11  LOAD            r11 20s
    12  LOAD            r12 10s
    13  LOAD            r13 25%
    14  LOAD_INT        r14 0
    15  LOAD            r15 0s
    16  BUILD_LIST      r16
    17  LOAD            r17 "ok"
    18  BUILD_ADD       r16 r17
    19  BUILD_END       r16 r16
    20  BUILD_LIST      r17
    21  LOAD            r18 "all"
    22  LOAD_INT        r19 53
    23  RECORD          r18 r18 {name line}
    24  BUILD_ADD       r17 r18
    25  BUILD_END       r17 r17
    26  CLOSURE         r18 main:go.steps r18
    27  RECORD          r0 r1 {kind name id doc place of workload mode deadline patience steady drain surge unavailable keep guards outline steps}
    28  RETURN          r0

function main:span: 1 parameters, 0 captured, 5 registers
small.sgr:61: fn span(n: number): range<number> = -n .. n / 2
     0  NEG             r2 r0
     1  LOAD_INT        r4 2
     2  DIV             r3 r0 r4
     3  RANGE           r1 r2 r3
     4  RETURN          r1

function main:first: 1 parameters, 0 captured, 4 registers
small.sgr:63: fn first(ns: list<int>): int = ns[0]
     0  LOAD_INT        r3 0
     1  INDEX           r1 r0 r3
     2  RETURN          r1

function main:loud: 1 parameters, 0 captured, 2 registers
small.sgr:64: fn loud(s: string): string = upper(s)
     0  MOVE            r1 r0
     1  BUILTIN         r1 upper x1
     2  RETURN          r1

function declarations: 0 parameters, 0 captured, 17 registers
     0  LOAD            r2 "cluster"
     1  LOAD            r3 ""
     2  LOAD            r4 ""
     3  LOAD            r5 ""
     4  LOAD            r6 ""
     5  LOAD            r7 "default"
     6  LOAD            r8 15s
     7  RECORD          r1 r2 {kind name id doc place namespace scrape}
     8  BUILD_LIST      r2
     9  LOAD            r3 "shift"
    10  BUILD_ADD       r2 r3
    11  LOAD            r3 "wait"
    12  BUILD_ADD       r2 r3
    13  LOAD            r3 "check"
    14  BUILD_ADD       r2 r3
    15  LOAD            r3 "fail"
    16  BUILD_ADD       r2 r3
    17  LOAD            r3 "apply"
    18  BUILD_ADD       r2 r3
    19  BUILD_END       r2 r2
    20  BUILD_LIST      r3
    21  BUILD_LIST      r4
    22  BUILD_LIST      r5
    23  BUILD_LIST      r6
    24  BUILD_LIST      r7
    25  BUILD_LIST      r8
    26  BUILD_LIST      r9
    27  BUILD_LIST      r10
    28  BUILD_LIST      r11
    29  BUILD_LIST      r12
    30  BUILD_LIST      r13
    31  BUILD_LIST      r14
    32  BUILD_LIST      r15
small.sgr:18: workload svc {
    33  GLOBAL          r16 @main:svc
    34  BUILD_ADD       r3 r16
small.sgr:23: guard ok {
    35  GLOBAL          r16 @main:ok
    36  BUILD_ADD       r5 r16
small.sgr:27: metric lag() {
    37  GLOBAL          r16 @main:lag
    38  BUILD_ADD       r4 r16
small.sgr:51: rollout go of svc {
    39  GLOBAL          r16 @main:go
    40  BUILD_ADD       r13 r16
small.sgr:64: fn loud(s: string): string = upper(s)
    41  BUILD_END       r3 r3
    42  BUILD_END       r4 r4
    43  BUILD_END       r5 r5
    44  BUILD_END       r6 r6
    45  BUILD_END       r7 r7
    46  BUILD_END       r8 r8
    47  BUILD_END       r9 r9
    48  BUILD_END       r10 r10
    49  BUILD_END       r11 r11
    50  BUILD_END       r12 r12
    51  BUILD_END       r13 r13
    52  BUILD_END       r14 r14
    53  BUILD_END       r15 r15
    54  RECORD          r0 r1 {cluster verbs workloads metrics guards autoscales rightsizes alerts audits channels objects manifests rollouts scenarios invariants}
    55  RETURN          r0

function scenarios: 0 parameters, 0 captured, 1 registers
     0  BUILD_LIST      r0
     1  BUILD_END       r0 r0
     2  RETURN          r0

function std/traffic/replicas:replicas.fn1: 1 parameters, 0 captured, 2 registers
     0  LOAD            r1 []
     1  RETURN          r1

function std/traffic/replicas:replicas.fn2: 1 parameters, 0 captured, 2 registers
     0  LOAD            r1 []
     1  RETURN          r1

function std/traffic/replicas:replicas.fn3: 3 parameters, 0 captured, 4 registers
     0  LOAD            r3 []
     1  RETURN          r3

function std/traffic/replicas:replicas.fn4: 3 parameters, 0 captured, 4 registers
     0  LOAD_BOOL       r3 1
     1  RETURN          r3

function std/traffic/service:service.fn2: 1 parameters, 0 captured, 2 registers
     0  LOAD            r1 []
     1  RETURN          r1

function std/world:anywhere.fn1: 2 parameters, 0 captured, 3 registers
     0  LOAD_BOOL       r2 1
     1  RETURN          r2

function std/verbs:mirrored.fn1: 3 parameters, 0 captured, 4 registers
     0  LOAD            r3 []
     1  RETURN          r3

function std/verbs:routed.fn1: 4 parameters, 0 captured, 5 registers
     0  LOAD            r4 []
     1  RETURN          r4

function std/run:nothing.fn1: 1 parameters, 0 captured, 2 registers
     0  LOAD_BOOL       r1 0
     1  RETURN          r1

function main:add.fn1: 1 parameters, 1 captured, 3 registers
     0  UPVALUE         r1 0
small.sgr:9: fn add(n: int): int = twice(fn (x) => x + n, n) - 1
     1  ADD             r2 r0 r1
     2  RETURN          r2

function main:ok.judge: 2 parameters, 0 captured, 10 registers
     0  BUILD_LIST      r2
small.sgr:24:   require lag() < 3s
     1  TRY             r4 -> 11
     2  CALL_FN         r6 main:lag.sample x0
     3  LOAD            r8 "lag()"
     4  MOVE            r9 r6
     5  RECORD          r7 r8 {text value}
     6  BUILD_ADD       r2 r7
     7  LOAD            r7 3s
     8  LT              r3 r6 r7
     9  END_TRY        
    10  JUMP            -> 22
    11  FIELD           r6 r4 "kind"
    12  LOAD            r7 "no_signal"
    13  EQ              r6 r6 r7
    14  JUMP_IF         r6 -> 16
    15  RAISE           r4
    16  FIELD           r5 r4 "text"
    17  LOAD            r7 "no_signal"
    18  MOVE            r8 r5
    19  BUILD_END       r9 r2
    20  RECORD          r6 r7 {verdict text values}
    21  RETURN          r6
    22  JUMP_IF         r3 -> 29
    23  LOAD            r5 "lag() < 3s"
    24  LOAD            r7 "breach"
    25  MOVE            r8 r5
    26  BUILD_END       r9 r2
    27  RECORD          r6 r7 {verdict text values}
    28  RETURN          r6
    29  LOAD            r3 ""
    30  LOAD            r5 "pass"
    31  MOVE            r6 r3
    32  BUILD_END       r7 r2
    33  RECORD          r4 r5 {verdict text values}
    34  RETURN          r4

function main:ok.watch: 1 parameters, 0 captured, 2 registers
     0  BUILD_LIST      r1
     1  BUILD_END       r1 r1
     2  RETURN          r1

function main:ok.conditions: 1 parameters, 0 captured, 12 registers
     0  BUILD_LIST      r1
small.sgr:24:   require lag() < 3s
     1  LOAD            r3 "lag() < 3s"
     2  LOAD_BOOL       r4 0
     3  LOAD            r6 "<"
     4  LOAD            r8 "sample"
     5  LOAD            r9 "lag"
     6  GLOBAL          r11 @main:lag
     7  FIELD           r11 r11 "query"
     8  CALL            r10 r11 x0
     9  FIELD           r10 r10 "promql"
    10  RECORD          r7 r8 {op metric query}
    11  LOAD            r9 "value"
    12  LOAD            r10 3s
    13  RECORD          r8 r9 {op value}
    14  RECORD          r5 r6 {op left right}
    15  RECORD          r2 r3 {text signal tree}
    16  BUILD_ADD       r1 r2
    17  BUILD_END       r1 r1
    18  RETURN          r1

function main:lag.query: 0 parameters, 0 captured, 6 registers
small.sgr:27: metric lag() {
     0  LOAD            r1 "lag"
     1  LOAD            r2 ""
     2  LOAD_ABSENT     r3
small.sgr:29:   promql = """max(lag_seconds{app="svc"})"""
     3  LOAD            r3 "max(lag_seconds{app=\"svc\"})"
     4  LOAD            r4 "duration"
     5  BUILD_LIST      r5
     6  BUILD_END       r5 r5
     7  RECORD          r0 r1 {metric track promql unit args}
     8  RETURN          r0

function main:settle_more.fiber1: 0 parameters, 2 captured, 4 registers
     0  UPVALUE         r0 0
     1  UPVALUE         r1 1
small.sgr:45:     wait d
     2  MOVE            r2 r0
     3  MOVE            r3 r1
     4  CALL_FN         r2 std/verbs:wait x2
     5  LOAD_ABSENT     r2
     6  RETURN          r2

function main:settle_more.fiber2: 0 parameters, 1 captured, 3 registers
     0  UPVALUE         r0 0
small.sgr:46:     check ok
     1  MOVE            r1 r0
     2  GLOBAL          r2 @main:ok
     3  CALL_FN         r1 std/verbs:check x2
     4  LOAD_ABSENT     r1
     5  RETURN          r1

function main:go.steps: 1 parameters, 0 captured, 8 registers
small.sgr:53:     step "all" {
     0  LOAD            r1 "all"
     1  MOVE            r5 r1
     2  LOAD_INT        r6 53
     3  RECORD          r4 r5 {name line}
     4  LOAD            r3 "step"
     5  EFFECT          r3 effect.report x2
     6  TRY             r2 -> 18
small.sgr:54:       shift 100%
     7  MOVE            r3 r0
     8  LOAD            r4 100%
     9  CALL_FN         r3 std/verbs:shift x2
small.sgr:55:       check ok
    10  MOVE            r3 r0
    11  GLOBAL          r4 @main:ok
    12  CALL_FN         r3 std/verbs:check x2
small.sgr:56:       settle(10s)
    13  MOVE            r3 r0
    14  LOAD            r4 10s
    15  CALL_FN         r3 main:settle x2
    16  END_TRY        
    17  JUMP            -> 25
    18  MOVE            r5 r1
    19  FIELD           r6 r2 "kind"
    20  FIELD           r7 r2 "text"
    21  RECORD          r4 r5 {name kind text}
    22  LOAD            r3 "step_failed"
    23  EFFECT          r3 effect.report x2
    24  RAISE           r2
small.sgr:53:     step "all" {
    25  MOVE            r5 r1
    26  RECORD          r4 r5 {name}
    27  LOAD            r3 "step_end"
    28  EFFECT          r3 effect.report x2
    29  LOAD_ABSENT     r1
    30  RETURN          r1

$ sgrc disasm small.sgr -v | grep -c '^function std/' | sed 's/[0-9][0-9]*/some/'
some
