# SPDX-License-Identifier: Apache-2.0
"""The API server of $KUBECONFIG, asked over a few kept connections: kubectl starts too slowly to make ten thousand objects."""
import base64
import concurrent.futures
import http.client
import json
import ssl
import subprocess
import threading
import urllib.parse


class Cluster:
    def __init__(self):
        view = json.loads(subprocess.check_output(["kubectl", "config", "view", "--raw", "--minify", "-o", "json"]))
        cluster, user = view["clusters"][0]["cluster"], view["users"][0]["user"]
        self.server = urllib.parse.urlsplit(cluster["server"])
        self.context = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
        self.token = user["token"]
        self.local = threading.local()

    def request(self, method, path, body=None, content_type="application/json"):
        """The answer's object; raises on any status but 2xx."""
        if not hasattr(self.local, "connection"):
            self.local.connection = http.client.HTTPSConnection(self.server.hostname, self.server.port, context=self.context)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": content_type}
        self.local.connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        response = self.local.connection.getresponse()
        text = response.read()
        assert response.status // 100 == 2, (method, path, response.status, text[:300])
        return json.loads(text)

    def each(self, work, items, threads=8):
        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            return list(pool.map(work, items))

    def namespace(self, name):
        labels = {"podmint.dev/injection": "enabled"}
        self.request("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})

    def pod(self, namespace, name, annotations=None):
        """A pod that no node will take, with an address all the same, as the kubelet would report it."""
        pod = {
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}, "annotations": annotations or {}},
            "spec": {"schedulerName": "nobody", "containers": [{"name": "app", "image": "app"}]},
        }
        return self.request("POST", f"/api/v1/namespaces/{namespace}/pods", pod)

    def fill(self, pods, services, prefix):
        """A namespace for each hundred pods; Services spread over them."""
        spaces = [f"{prefix}-{n}" for n in range((pods + 99) // 100)]
        self.each(self.namespace, spaces)
        self.each(lambda n: self.pod(spaces[n // 100], f"pod-{n}"), range(pods))
        self.each(lambda n: self.request("POST", f"/api/v1/namespaces/{spaces[n % len(spaces)]}/services", {
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": f"service-{n}"},
            "spec": {"selector": {"app": f"pod-{n}"}, "ports": [{"port": 443}]}}), range(services))
