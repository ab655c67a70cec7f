# Commands that need a cluster, where there is none: one sentence each, exit 1, nothing changed.
$ sgrc plan ../../../examples/canary.sgr --set image=a/b:2 --kubeconfig none.yaml
sgrc: the kubeconfig: none.yaml cannot be read: No such file or directory
[1]
$ sgrc plan
sgrc: plan takes one script
[1]
$ sgrc status ship --kubeconfig none.yaml
sgrc: the kubeconfig: none.yaml cannot be read: No such file or directory
[1]
$ sgrc status
sgrc: status takes the name of one rollout
[1]
$ sgrc status ship --kubeconfig broken.yaml
sgrc: the kubeconfig broken.yaml: line 2, column 1: while parsing a flow node, did not find expected node content
[1]
$ sgrc status ship --kubeconfig refused.yaml --context nowhere
sgrc: there is no context "nowhere" in refused.yaml; there is refused
[1]
$ sgrc watch ship --kubeconfig none.yaml
sgrc: the kubeconfig: none.yaml cannot be read: No such file or directory
[1]
$ sgrc history --kubeconfig none.yaml
sgrc: the kubeconfig: none.yaml cannot be read: No such file or directory
[1]
$ sgrc resume ship --kubeconfig none.yaml
sgrc: the kubeconfig: none.yaml cannot be read: No such file or directory
[1]
$ sgrc abort ship --kubeconfig none.yaml --reason 'wrong image'
sgrc: the kubeconfig: none.yaml cannot be read: No such file or directory
[1]
$ sgrc approve ship --kubeconfig none.yaml --deny
sgrc: the kubeconfig: none.yaml cannot be read: No such file or directory
[1]
$ sgrc undo ship --kubeconfig none.yaml
sgrc: the kubeconfig: none.yaml cannot be read: No such file or directory
[1]
$ sgrc resume one two --kubeconfig none.yaml
sgrc: resume takes the name of one rollout
[1]
$ sgrc run ../../../examples/canary.sgr --set image=a/b:2 --dry-run --kubeconfig none.yaml
sgrc: the kubeconfig: none.yaml cannot be read: No such file or directory
[1]
# Kept in a folder instead: no run of that name, no run at all.
$ sgrc status ship --kubeconfig refused.yaml --state none
sgrc: there is no run ship in namespace shop of https://127.0.0.1:1; `sgrc history -n shop` lists those that are there
[1]
$ sgrc history --kubeconfig refused.yaml --state none
ROLLOUT              OUTCOME      STARTED               ENDED                 VERSION
