$ sgrc verify --every 20 --set image=web:2 sloppy.sgr
sloppy.sgr
  FAIL ship
       66 effects, 380 runs: 180 promoted, 180 rolled_back, 2 superseded, 4 not_begun, 14 failed
       170 of them break a rule; the shortest: pods of the new track went while it had traffic
       with nothing else
00:00:00  web: web:stable -> web:2 (canary, traffic by nginx)
00:00:00  step "half"
00:00:00    scale canary to 2
00:00:10    traffic: new 50%, old 50%
00:00:10    guard fine: pass (errors(new) = 0%)
00:00:20    guard fine: pass (errors(new) = 0%)
00:00:30    guard fine: pass (errors(new) = 0%)
00:00:40    guard fine: pass (errors(new) = 0%)
00:00:50    guard fine: pass (errors(new) = 0%)
00:01:00    guard fine: pass (errors(new) = 0%)
00:01:10    guard fine: pass (errors(new) = 0%)
00:01:10    verdict of fine: pass
00:01:10    promote the new version
00:01:10    scale canary to 4
00:01:20    traffic: new 100%, old 0%
00:01:57    traffic: new 0%, old 100%
00:02:07    scale canary to 0
00:02:07  outcome: promoted
380 runs, 170 break a rule; 0 passed, 1 failed
[1]
$ sgrc verify --every 20 keeps.sgr --junit $TMP/report.xml
keeps.sgr
  pass a good release
       54 effects, 256 runs: 143 promoted, 7 rolled_back, 4 not_begun, 102 failed
       what fails is left as it is: so does the rollout by itself
       longest run: 6m21s, failing_pods at effect 41: no pod is ready, of whatever version (list HorizontalPodAutoscaler)
256 runs, 0 break a rule; 1 passed, 0 failed
$ cat $TMP/report.xml
<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="sgrc verify" tests="1" failures="0">
    <testcase classname="keeps.sgr" name="a good release"/>
  </testsuite>
</testsuites>
$ sgrc verify --every 20 -j 1 keeps.sgr -q
256 runs, 0 break a rule; 1 passed, 0 failed
$ sgrc verify --every 20 -j 5 keeps.sgr -q
256 runs, 0 break a rule; 1 passed, 0 failed
$ sgrc verify --every 97 --pairs --fault killed keeps.sgr --seed 7
keeps.sgr
  pass a good release
       55 effects, 232 runs: 94 promoted, 19 rolled_back, 119 failed
       what fails is left as it is: so does the rollout by itself
       longest run: 5m39s, killed at effect 1, which has not arrived: the runner is killed and resumed from what it saved last; then suspended at effect 2, for 4m: the runner stands still (1m) (read Deployment web)
232 runs, 0 break a rule; 1 passed, 0 failed
$ sgrc verify --fault aborted keeps.sgr --rollout ship
keeps.sgr
  pass a good release
       54 effects, 57 runs: 1 promoted, 56 failed
       what fails is left as it is: so does the rollout by itself
       longest run: 1m41s, with nothing else
57 runs, 0 break a rule; 1 passed, 0 failed
$ sgrc verify --fault high_metrics --every 7 -q keeps.sgr
11 runs, 0 break a rule; 1 passed, 0 failed
$ sgrc verify --fault low_metrics --every 7 -q keeps.sgr
11 runs, 0 break a rule; 1 passed, 0 failed
$ sgrc verify --fault denied --every 7 -q keeps.sgr
11 runs, 0 break a rule; 1 passed, 0 failed
$ sgrc verify --fault kiled keeps.sgr
sgrc: no fault is called `kiled`; did you mean `killed`?
[2]
$ sgrc verify --fault lightning keeps.sgr
sgrc: no fault is called `lightning`; `sgrc doc --std` lists them
[2]
$ sgrc verify sloppy.sgr
sgrc: sloppy.sgr: parameter `image` (image) has no value; give it with --set image=...
sloppy.sgr
0 runs, 0 break a rule; 0 passed, 0 failed
[2]
$ sgrc verify --every 0 keeps.sgr
sgrc: --every takes a number from 1 to 1000000, not `0`
[2]
$ sgrc verify --every two keeps.sgr
sgrc: --every takes a number from 1 to 1000000, not `two`
[2]
$ sgrc verify --jobs 1000 keeps.sgr
sgrc: --jobs takes a number from 1 to 256, not `1000`
[2]
$ sgrc verify
sgrc: verify takes one or more scripts
[2]
$ sgrc verify --filter nothing keeps.sgr
keeps.sgr
0 runs, 0 break a rule; 0 passed, 0 failed
$ sgrc verify nowhere.sgr
error[E0205]: cannot read nowhere.sgr: No such file or directory

0 runs, 0 break a rule; 0 passed, 0 failed
[2]
