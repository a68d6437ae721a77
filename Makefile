# SPDX-License-Identifier: Apache-2.0
.PHONY: build test lint e2e demo format manifests agent image
build:
	swift build
test:
	hack/test
lint:
	hack/lint
e2e:
	hack/e2e
demo:
	hack/demo
format:
	swift format --in-place --recursive --parallel Package.swift Sources Tests
manifests:
	swift run -q podmint manifests > manifests/install.yaml
	hack/check-monitoring --render
agent:
	hack/build-agent
image:
	hack/image
