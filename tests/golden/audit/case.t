# Each audit with its verdict; exit 1 where one does not hold. What is not known does not pass.
$ sgrc audit checks.sgr --sim
checks.sgr
  pass the api has its pods
  pass few errors
  FAIL pods are scraped
    checks.sgr:32: no signal: up_pods() >= 2
  FAIL no sentence
    checks.sgr:34: len(audits.blue_green) == 12
  FAIL an absent field
    checks.sgr:36: field `nothing` is missing (checks.sgr:36)
  FAIL the Service serves 80
    checks.sgr:39: the Service does not serve 80
  pass the Service serves 8080
3 passed, 4 failed
[1]
# Objects from a file instead of the script's.
$ sgrc audit checks.sgr --objects objects.yaml --filter 'api has'
checks.sgr
  FAIL the api has its pods
    checks.sgr:24: 1 of 1 pods of the api in the namespace shop are ready
0 passed, 1 failed
[1]
$ sgrc audit checks.sgr --objects objects.yaml -q --filter pods --output json
{"type":"audit","file":"checks.sgr","name":"the api has its pods","place":"checks.sgr:24","verdict":"breach","text":"1 of 1 pods of the api in the namespace shop are ready","values":[]}
{"type":"audit","file":"checks.sgr","name":"pods are scraped","place":"checks.sgr:32","verdict":"no_signal","text":"up_pods() >= 2","values":[{"text":"up_pods()","value":0}]}
[1]
$ sgrc audit checks.sgr --sim -q --junit $TMP/audit.xml; cat $TMP/audit.xml
  FAIL pods are scraped
    checks.sgr:32: no signal: up_pods() >= 2
  FAIL no sentence
    checks.sgr:34: len(audits.blue_green) == 12
  FAIL an absent field
    checks.sgr:36: field `nothing` is missing (checks.sgr:36)
  FAIL the Service serves 80
    checks.sgr:39: the Service does not serve 80
3 passed, 4 failed
<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="sgrc audit" tests="7" failures="4">
    <testcase classname="checks.sgr" name="the api has its pods"/>
    <testcase classname="checks.sgr" name="few errors"/>
    <testcase classname="checks.sgr" name="pods are scraped">
      <failure>up_pods() &gt;= 2</failure>
    </testcase>
    <testcase classname="checks.sgr" name="no sentence">
      <failure>len(audits.blue_green) == 12</failure>
    </testcase>
    <testcase classname="checks.sgr" name="an absent field">
      <failure>field `nothing` is missing (checks.sgr:36)</failure>
    </testcase>
    <testcase classname="checks.sgr" name="the Service serves 80">
      <failure>the Service does not serve 80</failure>
    </testcase>
    <testcase classname="checks.sgr" name="the Service serves 8080"/>
  </testsuite>
</testsuites>
$ sgrc audit checks.sgr --sim --filter errors
checks.sgr
  pass few errors
1 passed, 0 failed
# Without a cluster there is nothing to judge; a script without audits passes.
$ sgrc audit checks.sgr
sgrc: there is no kubeconfig: name one with --kubeconfig or KUBECONFIG, or make ~/.kube/config
checks.sgr
0 passed, 0 failed
[2]
$ sgrc audit checks.sgr --objects none.yaml
sgrc: cannot read none.yaml: No such file or directory
checks.sgr
0 passed, 0 failed
[2]
$ sgrc audit ../targets/shop.sgr --sim
0 passed, 0 failed
$ sgrc audit
sgrc: audit takes one or more scripts
[2]
$ sgrc audit checks.sgr --sim --output xml
sgrc: --output is text or json, not `xml`
[2]
# A sentence belongs to an audit, and an audit has a condition.
$ printf 'audit "x" { }\nguard g { require 1 < 2 else "why" }\naudit "y" { require new.name == "a" else "b" }\n' | sgrc lint -
error[E0401]: this audit needs at least one `require`
 --> <stdin>:1:7
  |
1 | audit "x" { }
  |       ^^^

error[E0405]: this does not stand in such a block
 --> <stdin>:2:11
  |
2 | guard g { require 1 < 2 else "why" }
  |           ^^^^^^^^^^^^^^^^^^^^^^^^

error[E0405]: `new` belongs to a rollout, a guard or a routine
 --> <stdin>:3:21
  |
3 | audit "y" { require new.name == "a" else "b" }
  |                     ^^^

1 file, 3 errors, 0 warnings
[1]
$ sgrc fmt --check checks.sgr
