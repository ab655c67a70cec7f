"""The administrator's connection to the cluster of the tests, without a kubectl for each question."""
import base64, http.client, json, ssl, tempfile

from world import kubectl


class Api:
    def __init__(self):
        config = json.loads(kubectl("config", "view", "--raw", "--flatten", "-o", "json"))
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self.server = cluster["server"]
        self.context = ssl.create_default_context(
            cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
        with tempfile.NamedTemporaryFile() as pem:
            pem.write(base64.b64decode(user["client-certificate-data"])
                      + base64.b64decode(user["client-key-data"]))
            pem.flush()
            self.context.load_cert_chain(pem.name)

    def ask(self, path, method="GET", body=None):
        link = http.client.HTTPSConnection(self.server.split("//")[1], context=self.context,
                                           timeout=30)
        try:
            link.request(method, path, body and json.dumps(body),
                         {"Content-Type": "application/merge-patch+json"} if body else {})
            answer = link.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            link.close()
