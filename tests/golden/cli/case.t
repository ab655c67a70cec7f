$ sgrc version
sgrc 0.1.0
$ sgrc --version
sgrc 0.1.0
$ sgrc --help
sgrc compiles, checks, simulates and performs .sgr rollout scripts.

Usage: sgrc COMMAND [OPTIONS] [FILE...]

Commands:
  compile    write plain Kubernetes YAML, or what --target names
  lint       report errors and lints of scripts, or of every script in a folder
  promql     print the canonical form and the type of a PromQL expression
  fmt        rewrite scripts in the canonical layout
  run        perform a rollout
  plan       show what a run would change, its steps, and what is at stake
  status     tell how a run stands
  watch      follow a run that somebody performs, until it is over
  history    list the runs of a rollout, or the rollouts of a namespace
  resume     go on with a run that was interrupted
  abort      end a run and take back what it changed, traffic first
  approve    answer the question of a run; --deny says no
  undo       bring back what a run that is over has changed
  test       run the scenarios of scripts in virtual time
  verify     let everything happen to a rollout that can, at every effect, and prove what must hold
  audit      judge the audits of scripts against a cluster as it is
  load       send requests at a rate, whatever the answers do, and count what comes back
  report     write a page of what `run --output json` has printed: steps, traffic, guards
  import     write scripts from Deployments, Argo Rollouts or Flagger Canaries
  disasm     list the bytecode of a script or of a .sgb file
  doc        write the reference of scripts, or of std/NAME, as Markdown
  explain    tell what a code of a diagnostic means, or list the codes
  lsp        serve an editor: diagnostics, layout, hover, completion, symbols
  completion write the completion script of a shell
  version    print the version

`sgrc COMMAND --help` tells more of a command.
$ sgrc compile --help
sgrc compile: write plain Kubernetes YAML, or what --target names

Usage: sgrc compile [OPTIONS] FILE...

Options:
      --set NAME=VALUE               give a parameter; may be repeated
      --values FILE                  parameters from a YAML file; --set wins
  -o, --out OUT                      write to this file; to a folder where it ends in / (import: always)
      --target TARGET                what to write: plain (default), bytecode, prometheus, grafana, argo, flagger, job, rbac
      --runner IMAGE                 image with sgrc, for the target job and --in-cluster
      --at STEP                      the objects as they stand after this step
      --rollout NAME                 which rollout, where the script has several
  -n, --namespace NAME               namespace; wins over the script's and the kubeconfig's
      --color auto|always|never      colours; NO_COLOR counts as never
  -q, --quiet                        print only what is asked for, and errors
  -v, --verbose                      print more
  -h, --help                         print this help

Example:
  sgrc compile canary.sgr --set image=streamgate/gateway:1.4.0
$ sgrc run --help
sgrc run: perform a rollout

Usage: sgrc run [OPTIONS] FILE

Options:
      --set NAME=VALUE               give a parameter; may be repeated
      --values FILE                  parameters from a YAML file; --set wins
      --runner IMAGE                 image with sgrc, for the target job and --in-cluster
      --rollout NAME                 which rollout, where the script has several
      --sim                          on the built-in simulated cluster, in virtual time; plan: what needs no cluster
      --scenario NAME                with the models and faults of this scenario
      --seed N                       seed of the simulated cluster's small delays
      --output text|json             lines for people, or one JSON object a line
      --report FILE                  write a page of the run to this file when it ends
  -n, --namespace NAME               namespace; wins over the script's and the kubeconfig's
      --context NAME                 context of the kubeconfig
      --kubeconfig FILE              kubeconfig; otherwise $KUBECONFIG, ~/.kube/config, or the pod's account
      --prometheus URL               address of Prometheus, with path prefix if any
      --prometheus-token-file FILE   bearer token for Prometheus; or $SGR_PROMETHEUS_TOKEN
      --prometheus-ca FILE           certificates that Prometheus is checked against
      --prometheus-cert FILE         client certificate for Prometheus
      --prometheus-key FILE          its key
      --state DIR                    keep the record of runs in this folder, not in the cluster
      --metrics-file FILE            keep the run's metrics in this file, for node_exporter's textfile collector
      --metrics-listen HOST:PORT     serve the run's metrics at /metrics while it goes on
      --metrics-push URL             push the run's metrics to this Pushgateway
  -y, --yes                          approve every question
      --force-conflicts              take over fields that other managers own
      --dry-run                      change nothing: like plan
      --in-cluster                   let a Job of the cluster perform it, and return
      --supersede                    take back a run of the same rollout that is under way, then begin
      --color auto|always|never      colours; NO_COLOR counts as never
  -q, --quiet                        print only what is asked for, and errors
  -v, --verbose                      print more
  -h, --help                         print this help

Example:
  sgrc run canary.sgr --sim --set image=streamgate/gateway:1.4.0
$ sgrc test --help
sgrc test: run the scenarios of scripts in virtual time

Usage: sgrc test [OPTIONS] FILE...

Options:
      --seed N                       seed of the simulated cluster's small delays
      --junit FILE                   write the results as JUnit XML
      --filter TEXT                  only scenarios or audits whose name contains this
      --color auto|always|never      colours; NO_COLOR counts as never
  -q, --quiet                        print only what is asked for, and errors
  -v, --verbose                      print more
  -h, --help                         print this help

Example:
  sgrc test canary.sgr --junit report.xml
$ sgrc fmt --help
sgrc fmt: rewrite scripts in the canonical layout

Usage: sgrc fmt [OPTIONS] FILE...

Options:
      --check                        change nothing; exit 1 where a file would change
      --diff                         print what would change
      --color auto|always|never      colours; NO_COLOR counts as never
  -q, --quiet                        print only what is asked for, and errors
  -v, --verbose                      print more
  -h, --help                         print this help

Example:
  sgrc fmt --check deploy/*.sgr
$ sgrc
sgrc compiles, checks, simulates and performs .sgr rollout scripts.

Usage: sgrc COMMAND [OPTIONS] [FILE...]

Commands:
  compile    write plain Kubernetes YAML, or what --target names
  lint       report errors and lints of scripts, or of every script in a folder
  promql     print the canonical form and the type of a PromQL expression
  fmt        rewrite scripts in the canonical layout
  run        perform a rollout
  plan       show what a run would change, its steps, and what is at stake
  status     tell how a run stands
  watch      follow a run that somebody performs, until it is over
  history    list the runs of a rollout, or the rollouts of a namespace
  resume     go on with a run that was interrupted
  abort      end a run and take back what it changed, traffic first
  approve    answer the question of a run; --deny says no
  undo       bring back what a run that is over has changed
  test       run the scenarios of scripts in virtual time
  verify     let everything happen to a rollout that can, at every effect, and prove what must hold
  audit      judge the audits of scripts against a cluster as it is
  load       send requests at a rate, whatever the answers do, and count what comes back
  report     write a page of what `run --output json` has printed: steps, traffic, guards
  import     write scripts from Deployments, Argo Rollouts or Flagger Canaries
  disasm     list the bytecode of a script or of a .sgb file
  doc        write the reference of scripts, or of std/NAME, as Markdown
  explain    tell what a code of a diagnostic means, or list the codes
  lsp        serve an editor: diagnostics, layout, hover, completion, symbols
  completion write the completion script of a shell
  version    print the version

`sgrc COMMAND --help` tells more of a command.
[1]
$ sgrc complie x
sgrc: unknown command `complie`; did you mean `compile`?
[1]
$ sgrc compile --traget plain x.sgr
sgrc: unknown option --traget; did you mean --target?
[1]
$ sgrc compile --set
sgrc: --set needs a value (NAME=VALUE)
[1]
$ sgrc compile
sgrc: compile takes one or more scripts
[1]
$ sgrc lint --format xml x
sgrc: --format is text, json, sarif or github, not `xml`
[2]
$ sgrc run x.sgr y.sgr
sgrc: run takes one script
[1]
$ sgrc compile missing.sgr
error[E0205]: cannot read missing.sgr: No such file or directory

[1]
$ sgrc disasm missing.sgb
sgrc: missing.sgb: cannot read missing.sgb: No such file or directory
[1]
$ sgrc test --filter nothing ../../../examples/canary.sgr -q
1 passed, 0 failed
$ sgrc fmt --check missing.sgr
sgrc: cannot read missing.sgr: No such file or directory
[2]
$ sgrc lsp a.sgr
sgrc: lsp takes no files: an editor starts it and speaks to it
[1]
$ sgrc lsp < /dev/null
[1]
