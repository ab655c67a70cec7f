# What the mode or the traffic of a rollout cannot do, and what stands twice in it.
$ printf 'workload w { image = "a/b:1" }\nrollout ship of w {\n  mode = blue_green\n  steps { shift 10%%; switch; promote }\n}\n' > $TMP/x.sgr; cd $TMP; sgrc lint -q x.sgr | grep -v '^warning'
 --> x.sgr:2:9
  |
2 | rollout ship of w {
  |         ^^^^
  = help: write `deadline = 30m`: how long it may work and wait at most

error[E0602]: a Service gives a version all or nothing
 --> x.sgr:4:17
  |
4 |   steps { shift 10%; switch; promote }
  |                 ^^^
  = help: write `switch`, or let nginx, gateway_api or istio divide the traffic

$ printf 'workload w { image = "a/b:1" }\nrollout ship of w {\n  mode = rolling\n  traffic = nginx(ingress = "w")\n  steps { promote }\n}\n' > $TMP/x.sgr; cd $TMP; sgrc compile x.sgr
error[E0602]: nothing divides the traffic of a rolling update
 --> x.sgr:4:13
  |
4 |   traffic = nginx(ingress = "w")
  |             ^^^^^^^^^^^^^^^^^^^^
  = help: leave it out: the pods of each version get their share

[1]
$ printf 'workload w { image = "a/b:1" }\nrollout ship of w {\n  steps { mirror 10%%; route header "x-canary" == "1"; promote }\n}\n' > $TMP/x.sgr; cd $TMP; sgrc compile x.sgr
error[E0602]: traffic by replicas cannot mirror
 --> x.sgr:3:11
  |
3 |   steps { mirror 10%; route header "x-canary" == "1"; promote }
  |           ^^^^^^^^^^
  = help: of what is built in, istio can

error[E0602]: traffic by replicas cannot route
 --> x.sgr:3:23
  |
3 |   steps { mirror 10%; route header "x-canary" == "1"; promote }
  |                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  = help: of what is built in, nginx can

[1]
$ printf 'workload w { image = "a/b:1" }\nrollout ship of w {\n  traffic = nginx(ingress = "w")\n  steps { mirror 110%%; route header "x-canary" == "1"; promote }\n}\n' > $TMP/x.sgr; cd $TMP; sgrc compile x.sgr
error[E0602]: traffic by nginx cannot mirror
 --> x.sgr:4:11
  |
4 |   steps { mirror 110%; route header "x-canary" == "1"; promote }
  |           ^^^^^^^^^^^
  = help: of what is built in, istio can

error[E0602]: a share of the traffic is 0% to 100%
 --> x.sgr:4:18
  |
4 |   steps { mirror 110%; route header "x-canary" == "1"; promote }
  |                  ^^^^

[1]
$ printf 'workload w { image = "a/b:1" }\nrollout ship of w {\n  steps { promote }\n  on failure { rollback }\n  steps { promote }\n  on failure { rollback }\n}\n' > $TMP/x.sgr; cd $TMP; sgrc compile x.sgr
error[E0203]: `steps` stands here twice
 --> x.sgr:5:3
  |
5 |   steps { promote }
  |   ^^^^^
 ::: x.sgr:3:3
  |
3 |   steps { promote }
  |   ~~~~~ first here

error[E0203]: `on failure` stands here twice
 --> x.sgr:6:3
  |
6 |   on failure { rollback }
  |   ^^^^^^^^^^
 ::: x.sgr:4:3
  |
4 |   on failure { rollback }
  |   ~~~~~~~~~~ first here

[1]
# The address of a channel is a secret.
$ printf 'channel ops { slack = "https://hooks.example/x"; template = "{text}" }\nchannel more { slack = secret("hooks", "ops"); teams = env("TEAMS") }\n' > $TMP/x.sgr; cd $TMP; sgrc compile x.sgr
error[E0302]: the address of a channel does not stand in a script
 --> x.sgr:1:23
  |
1 | channel ops { slack = "https://hooks.example/x"; template = "{text}" }
  |                       ^^^^^^^^^^^^^^^^^^^^^^^^^
  = help: write secret("name", "key"), or env("NAME") of whoever runs sgrc

[1]
# A place of a query where nothing may be filled in.
$ printf 'metric m(t: track) { promql = "sum(rate(x[${t.name}]))" }\n' > $TMP/x.sgr; cd $TMP; sgrc lint -q x.sgr | head -1
error[E0701]: unexpected interpolation, expected a duration
