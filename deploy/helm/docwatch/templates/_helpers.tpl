{{/* The table of services that the code says, by name. */}}
{{- define "docwatch.table" -}}
{{ .Files.Get "files/services.yaml" }}
{{- end }}

{{- define "docwatch.fullname" -}}
{{- if .Values.fullnameOverride }}{{ .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{/* What never changes of a part's labels: {root, part}. */}}
{{- define "docwatch.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .part }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end }}

{{- define "docwatch.labels" -}}
{{ include "docwatch.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{/* An image: {root, name, digest}. */}}
{{- define "docwatch.image" -}}
{{- $image := .root.Values.image -}}
{{- $name := printf "%s-%s" $image.repository .name -}}
{{- if .digest }}{{ printf "%s@%s" $name .digest }}{{ else }}{{ printf "%s:%s" $name ($image.tag | default .root.Chart.AppVersion) }}{{ end }}
{{- end }}

{{/* What the restricted standard asks of a pod, and no way to speak with the cluster's API. No links either: a Service
called docwatch-ingest would set DOCWATCH_INGEST_PORT to an address. */}}
{{- define "docwatch.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: { type: RuntimeDefault }
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* And of a container. */}}
{{- define "docwatch.container" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end }}

{{- define "docwatch.databaseTrust" -}}
{{- if .Values.trust.database.existingSecret }}{{ .Values.trust.database.existingSecret }}
{{- else if .Values.postgres.enabled }}{{ include "docwatch.fullname" . }}-postgres-ca{{ end }}
{{- end }}

{{/* Volumes that every container of ours has, after those of its secrets. */}}
{{- define "docwatch.volumes" -}}
- name: tmp
  emptyDir: { sizeLimit: 64Mi }
{{- with .Values.trust.nats.existingSecret }}
- name: trust-nats
  secret:
    secretName: {{ . }}
    defaultMode: 0440
    items: [{ key: {{ $.Values.trust.nats.key | quote }}, path: ca.crt }]
{{- end }}
{{- with include "docwatch.databaseTrust" . }}
- name: trust-database
  secret:
    secretName: {{ . }}
    defaultMode: 0440
    items: [{ key: {{ $.Values.trust.database.key | quote }}, path: ca.crt }]
{{- end }}
{{- end }}

{{- define "docwatch.mounts" -}}
- { name: tmp, mountPath: /tmp }
{{- if .Values.trust.nats.existingSecret }}
- { name: trust-nats, mountPath: /run/docwatch/trust/nats, readOnly: true }
{{- end }}
{{- if include "docwatch.databaseTrust" . }}
- { name: trust-database, mountPath: /run/docwatch/trust/database, readOnly: true }
{{- end }}
{{- end }}

{{/* Settings, a line each: {root, settings}, of which later ones replace earlier ones. A number of values is a float,
which only JSON writes without an exponent. */}}
{{- define "docwatch.settings" -}}
{{- $all := dict }}
{{- range .settings }}{{ range $name, $value := . }}{{ $_ := set $all $name $value }}{{ end }}{{ end }}
{{- range $name, $value := $all }}
{{- if not (kindIs "invalid" $value) }}
- { name: DOCWATCH_{{ $name }}, value: {{ kindIs "string" $value | ternary $value (toJson $value) | quote }} }
{{- end }}
{{- end }}
{{- if .root.Values.trust.nats.existingSecret }}
- { name: DOCWATCH_NATS_CA, value: /run/docwatch/trust/nats/ca.crt }
{{- end }}
{{- end }}

{{/* Whether NATS or PostgreSQL come with this release, so that they are not there before it is installed. */}}
{{- define "docwatch.bringsServers" -}}
{{- if or .Values.nats.enabled .Values.postgres.enabled }}true{{ end }}
{{- end }}
