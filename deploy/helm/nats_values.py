"""Values for NATS's official chart: three nodes, and each login with the rights of `contracts.logins`."""

from math import ceil

import yaml

from contracts.logins import LOGINS, Login
from contracts.streams import BUCKETS, STREAMS
from deploy.helm.services import Json

GIB = 1024**3
ROOM = 1.2
"""A stream's limit is of its messages; blocks that are being left and indexes come on top."""

HANDSHAKE = "500ms"
"""How long a server waits for a client to begin with TLS before it greets in plain text, and so refuses it.

`auto` is 50 ms, which a busy machine or a far client does not keep.
"""

PASSWORDS = "docwatch-nats-passwords"
CERTIFICATE = "docwatch-nats-tls"

HEAD = """\
# Values for NATS's official chart, {how}.
# Made from contracts/logins.py and contracts/streams.py by: python -m deploy.helm.generate
#
# - Three nodes on three nodes of the cluster, in as many zones as there are. They start all at once
#   (podManagementPolicy: Parallel): one by one a cluster that was down whole never finds its quorum.
# - Never add or remove one while the others do not see each other: what was acknowledged can be lost.
# - An acknowledged message is on the disk of two nodes (sync_interval: always), should all lose power.
# - A node that goes tells its clients first: the chart's preStop starts the lame duck mode, which takes 30 s.
# - The volume holds every stream at its limit ({need} GiB in all), which JetStream reserves.
# - A Secret `{passwords}` has a key for each login. NATS takes one that begins with a digit for a number.
# - A Secret `{certificate}` of type kubernetes.io/tls, for the name of NATS's Service.
"""


def standalone() -> str:
    """Return the values for a release of NATS's own."""
    return HEAD.format(how="in a release of its own (helm install nats nats/nats -f)", **_said()) + _dump(
        values()
    )


def nested() -> str:
    """Return the same values below the key by which our chart hands them on."""
    how = "which comes along with ours (helm install docwatch ... -f)"
    return HEAD.format(how=how, **_said()) + _dump({"nats": {"enabled": True, **values()}})


def need() -> int:
    """Return how many bytes the streams may take on each node, every stream on every node."""
    return sum(one.max_bytes for one in (*STREAMS, *BUCKETS))


def values() -> Json:
    """Return what the official chart is told."""
    restricted = {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    quiet = {"merge": {"securityContext": restricted}}
    spread = {"maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"}
    return {
        "config": {
            "cluster": {"enabled": True, "replicas": 3},
            "jetstream": {
                "enabled": True,
                "fileStore": {"pvc": {"size": f"{ceil(need() * ROOM / GIB)}Gi"}},
                "merge": {"sync_interval": "always"},
            },
            "nats": {
                "tls": {"enabled": True, "secretName": CERTIFICATE, "merge": {"handshake_first": HANDSHAKE}}
            },
            "merge": {
                "max_payload": "<< 1MB >>",
                "authorization": {"users": [user_of(one) for one in LOGINS]},
            },
        },
        "container": {
            "env": {
                _password(one): {
                    "valueFrom": {"secretKeyRef": {"name": PASSWORDS, "key": one.name}},
                }
                for one in LOGINS
            },
            "merge": {
                "securityContext": restricted,
                "resources": {
                    "requests": {"cpu": "250m", "memory": "256Mi"},
                    "limits": {"cpu": "2", "memory": "1Gi"},
                },
            },
        },
        "reloader": quiet,
        "promExporter": {"enabled": True, **quiet},
        "podTemplate": {
            "topologySpreadConstraints": {
                "kubernetes.io/hostname": spread,
                "topology.kubernetes.io/zone": {**spread, "whenUnsatisfiable": "ScheduleAnyway"},
            },
            "merge": {
                "spec": {
                    "automountServiceAccountToken": False,
                    "terminationGracePeriodSeconds": 60,
                    "securityContext": {
                        "runAsNonRoot": True,
                        "runAsUser": 10002,
                        "runAsGroup": 10002,
                        "fsGroup": 10002,
                        "seccompProfile": {"type": "RuntimeDefault"},
                    },
                }
            },
        },
        "podDisruptionBudget": {"enabled": True, "merge": {"spec": {"maxUnavailable": 1}}},
        "statefulSet": {"merge": {"spec": {"podManagementPolicy": "Parallel"}}},
        "natsBox": {"enabled": False},
    }


def _said() -> dict[str, object]:
    return {"need": ceil(need() / GIB), "passwords": PASSWORDS, "certificate": CERTIFICATE}


def _password(login: Login) -> str:
    return f"NATS_{login.name.upper()}_PASSWORD"


def user_of(login: Login) -> Json:
    """Return a login as a user of the server, whose password is in the environment."""
    rights: Json = {
        "publish": {"allow": list(login.publish)},
        "subscribe": {"allow": list(login.subscribe)},
        **({"allow_responses": True} if login.answers else {}),
    }
    # What stands between angles reaches the server without quotes, as a variable of its environment.
    return {"user": login.name, "password": f"<< ${_password(login)} >>", "permissions": rights}


def _dump(values: Json) -> str:
    return yaml.safe_dump(values, sort_keys=False, width=110, allow_unicode=True)
