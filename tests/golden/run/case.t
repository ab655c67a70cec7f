# A good release, line by line, with the samples left out.
$ sgrc run ../../../examples/rolling.sgr --sim --set image=a/worker:2 | grep -v 'guard healthy: pass'
00:00:00  worker: a/worker:stable -> a/worker:2 (rolling, traffic by replicas)
00:00:00  step "half"
00:00:18    traffic: new 50%, old 50%
00:01:19    verdict of healthy: pass
00:01:19  step "rest"
00:01:19    promote the new version
00:01:27    traffic: new 100%, old 0%
00:01:57    verdict of healthy: pass
00:01:57  outcome: promoted
took 1m57s202ms of virtual time; 0 of 117202 requests failed for want of a ready pod; downtime 0s
# The bad one: exit 2, rolled back whole.
$ sgrc run ../../../examples/canary.sgr --sim --scenario "a bad release is rolled back" | grep -v 'guard healthy: pass'; echo $?
00:00:00  gateway: streamgate/gateway:stable -> streamgate/gateway:2.0.0 (canary, traffic by nginx)
00:00:00  step "smoke"
00:00:00    scale canary to 1
00:00:09    traffic: new 5%, old 95%
00:02:10    verdict of healthy: pass
00:02:10  step "ramp"
00:02:10    traffic: new 10%, old 90%
00:04:01    guard healthy: breach (requests(new) = 100/s, error_rate(new) = 7%) against error_rate(new) < 1%
00:04:11    guard healthy: breach (requests(new) = 100/s, error_rate(new) = 7%) against error_rate(new) < 1%
00:04:21    guard healthy: breach (requests(new) = 100/s, error_rate(new) = 7%) against error_rate(new) < 1%
00:04:21    verdict of healthy: fail
00:04:21  failed: guard healthy failed: error_rate(new) < 1%
00:04:21  rollback: traffic first
00:04:21    traffic: new 0%, old 100%
00:04:31  outcome: rolled_back
took 4m31s867ms of virtual time; 0 of 271867 requests failed for want of a ready pod; downtime 0s; traffic was back after 20ms
0
$ sgrc run ../../../examples/canary.sgr --sim --scenario "a bad release is rolled back" -q
[2]
# JSON, one object a line; the last ones say how it ended.
$ sgrc run ../../../examples/canary.sgr --sim --set image=a/b:2 --output json | tail -2
{"time":674.359,"run":"ship","type":"outcome","outcome":"promoted"}
{"time":674.359,"run":"ship","type":"results","outcome":"promoted","duration":"11m14s339ms","downtime":"0s","rollback_time":"0s","requests":674339,"failed_requests":0,"max":{"traffic":{"new":"100%","old":"100%"},"replicas":{"new":3,"old":3},"ready_pods":{"new":3,"old":3}},"min":{"traffic":{"new":"0%","old":"0%"},"replicas":{"new":0,"old":3},"ready_pods":{"new":0,"old":3}},"violations":[]}
$ sgrc run ../../../examples/canary.sgr --sim --scenario "a bad release is rolled back" --output json | tail -2
{"time":271.887,"run":"ship","type":"outcome","outcome":"rolled_back","text":"guard healthy failed: error_rate(new) < 1%","cause":"failed","left":0}
{"time":271.887,"run":"ship","type":"results","outcome":"rolled_back","duration":"4m31s867ms","downtime":"0s","rollback_time":"20ms","requests":271867,"failed_requests":0,"max":{"traffic":{"new":"10%","old":"100%"},"replicas":{"new":1,"old":3},"ready_pods":{"new":1,"old":3}},"min":{"traffic":{"new":"0%","old":"90%"},"replicas":{"new":0,"old":3},"ready_pods":{"new":0,"old":3}},"violations":[]}
$ sgrc run ../../../examples/canary.sgr --sim --set image=a/b:2 --output json | head -3
{"time":0.020,"run":"ship","type":"run","rollout":"ship","workload":"gateway","front":"gateway","mode":"canary","traffic":"nginx","drain":"10s","new":{"name":"canary","deployment":"gateway-canary","service":"gateway-canary","image":"a/b:2","hash":"60a445241a","labels":{"app":"gateway","track":"canary"},"replicas":0},"old":{"name":"stable","deployment":"gateway","service":"gateway-stable","image":"a/b:stable","hash":"f7bcdc6f1c","labels":{"app":"gateway","track":"stable"},"replicas":3}}
{"time":0.020,"run":"ship","type":"effect","effect":"apply","seq":3,"step":"","kind":"ServiceAccount","name":"gateway"}
{"time":0.040,"run":"ship","type":"effect","effect":"apply","seq":4,"step":"","kind":"PodDisruptionBudget","name":"gateway"}
# The same bytes on every run, and others with another seed.
$ sgrc run ../../../examples/canary.sgr --sim --set image=a/b:2 --output json | sha256sum > $TMP/1; sgrc run ../../../examples/canary.sgr --sim --set image=a/b:2 --output json | sha256sum | cmp - $TMP/1
$ sgrc run ../../../examples/canary.sgr --sim --set image=a/b:2 --output json --seed 7 | sha256sum | cmp -s - $TMP/1
[1]
# From bytecode.
$ sgrc compile ../../../examples/canary.sgr --target bytecode -o $TMP/c.sgb && sgrc run $TMP/c.sgb --sim --set image=a/b:2 -q
$ sgrc run ../../../examples/canary.sgr --sim
sgrc: ../../../examples/canary.sgr: parameter `image` (image) has no value; give it with --set image=...
[1]
$ sgrc run ../../../examples/canary.sgr --sim --set image=a/b:2 --rollout none
sgrc: the script has no rollout `none`
[1]
$ sgrc run ../../../examples/canary.sgr --scenario none
sgrc: ../../../examples/canary.sgr has no scenario "none"
[1]
$ sgrc run ../../../examples/canary.sgr --set image=a/b:2 --kubeconfig none.yaml
sgrc: the kubeconfig: none.yaml cannot be read: No such file or directory
[1]
$ sgrc run ../../../examples/canary.sgr --sim --set image=a/b:2 --output xml
sgrc: --output is text or json, not `xml`
[1]
$ sgrc run ../../../examples/canary.sgr --sim --set replicas=0 --set image=a/b:2
sgrc: parameter `replicas` cannot be 0: its `where` does not hold
[1]
# In a job of GitHub Actions: a group for each step, an annotation for what failed.
$ GITHUB_ACTIONS=true sgrc run ../../../examples/canary.sgr --sim --scenario "a bad release is rolled back" | grep -v 'healthy: pass'
00:00:00  gateway: streamgate/gateway:stable -> streamgate/gateway:2.0.0 (canary, traffic by nginx)
::group::00:00:00  step "smoke"
00:00:00    scale canary to 1
00:00:09    traffic: new 5%, old 95%
::endgroup::
::group::00:02:10  step "ramp"
00:02:10    traffic: new 10%, old 90%
00:04:01    guard healthy: breach (requests(new) = 100/s, error_rate(new) = 7%) against error_rate(new) < 1%
00:04:11    guard healthy: breach (requests(new) = 100/s, error_rate(new) = 7%) against error_rate(new) < 1%
00:04:21    guard healthy: breach (requests(new) = 100/s, error_rate(new) = 7%) against error_rate(new) < 1%
00:04:21    verdict of healthy: fail
::endgroup::
00:04:21  failed: guard healthy failed: error_rate(new) < 1%
::error title=ship::failed: guard healthy failed: error_rate(new) < 1%25
00:04:21  rollback: traffic first
00:04:21    traffic: new 0%, old 100%
00:04:31  outcome: rolled_back
took 4m31s867ms of virtual time; 0 of 271867 requests failed for want of a ready pod; downtime 0s; traffic was back after 20ms
$ GITHUB_ACTIONS=true sgrc run ../../../examples/canary.sgr --sim --set image=a/b:2 --output json | grep -c '^::'
0
[1]
$ GITHUB_ACTIONS=true sgrc run ../../../examples/canary.sgr --sim --set image=a/b:2 -q
