# The program and the files in a ConfigMap, the parameters as they were given; no value is left to guess.
$ printf 'image: shop/api:2\n' >$TMP/values.yaml; sgrc compile --target job shop.sgr --rollout ship --values $TMP/values.yaml --set image=shop/api:3 --runner tools/sgrc:1 | sed -E 's/sgr-ship-[0-9a-f]{8}/sgr-ship-HASH/; s/(program.sgb: ).*/\1.../'
apiVersion: v1
kind: ConfigMap
metadata:
  name: sgr-ship-HASH
  namespace: shop
  labels:
    app.kubernetes.io/managed-by: sgr
    sgr.streamgate.io/rollout: ship
immutable: true
data:
  values-1.yaml: |
    image: shop/api:2
binaryData:
  program.sgb: ...
---
apiVersion: batch/v1
kind: Job
metadata:
  name: sgr-ship-HASH
  namespace: shop
  labels:
    app.kubernetes.io/managed-by: sgr
    sgr.streamgate.io/rollout: ship
spec:
  backoffLimit: 20
  podFailurePolicy:
    rules:
    - action: FailJob
      onExitCodes:
        containerName: sgrc
        operator: In
        values:
        - 1
        - 2
        - 3
        - 5
  ttlSecondsAfterFinished: 86400
  template:
    metadata:
      labels:
        sgr.streamgate.io/rollout: ship
    spec:
      restartPolicy: Never
      serviceAccountName: sgr-ship
      securityContext:
        runAsNonRoot: true
        runAsUser: 65532
        seccompProfile:
          type: RuntimeDefault
      containers:
      - name: sgrc
        image: tools/sgrc:1
        command:
        - sgrc
        - run
        - /script/program.sgb
        - --rollout
        - ship
        - --values
        - /script/values-1.yaml
        env:
        - name: SGR_RUN_OF
          valueFrom:
            fieldRef:
              fieldPath: metadata.labels['batch.kubernetes.io/controller-uid']
        - name: SGR_PARAM_image
          value: shop/api:3
        resources:
          requests:
            cpu: 50m
            memory: 64Mi
          limits:
            memory: 256Mi
        securityContext:
          allowPrivilegeEscalation: false
          readOnlyRootFilesystem: true
          capabilities:
            drop:
            - ALL
        volumeMounts:
        - name: script
          mountPath: /script
          readOnly: true
      volumes:
      - name: script
        configMap:
          name: sgr-ship-HASH
# What is in the ConfigMap runs.
$ sgrc compile --target job shop.sgr --rollout ship -o $TMP/job.yaml && sed -n 's/^  program.sgb: //p' $TMP/job.yaml | base64 -d >$TMP/program.sgb && sgrc run $TMP/program.sgb --rollout ship --sim | tail -2 | head -1
00:02:12  outcome: promoted
# Another version is another Job; the same is the same.
$ for v in 1 2 1; do sgrc compile --target job shop.sgr --rollout ship --set image=shop/api:$v | sed -n 4p; done | sort | uniq -c | awk '{print $1}' | sort
1
2
$ sgrc compile --target job shop.sgr --rollout ship --values none.yaml
sgrc: cannot read none.yaml: No such file or directory
[1]
