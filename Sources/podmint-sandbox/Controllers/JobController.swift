// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Job → pods until enough of them succeeded.
struct JobController {
    let cluster: Cluster

    func reconcile(_ key: ObjectKey) async -> Bool {
        guard let job = cluster.store.object(Resource.jobs.shelf, key), !job.isBeingDeleted,
            let template = job.find("spec", "template"), !job.flag("spec", "suspend")
        else { return true }
        let maker = PodMaker(cluster: cluster, controller: "job-controller")
        let pods = maker.pods(of: job)
        let succeeded = pods.count { $0.text("status", "phase") == "Succeeded" }
        let failed = pods.count { $0.text("status", "phase") == "Failed" }
        let active = pods.filter(PodMaker.isActive)
        let completions = Int(job.number("spec", "completions") ?? 1)
        let isComplete = succeeded >= completions
        let isFailed = failed > Int(job.number("spec", "backoffLimit") ?? 6)
        let room = min(Int(job.number("spec", "parallelism") ?? 1), completions - succeeded) - active.count
        var done = true
        var made = 0
        for _ in 0..<max(0, isFailed ? 0 : room) where done {
            done = await maker.make(from: template, owner: job, labels: Self.labels(job))
            if done { made += 1 }
        }
        let now = cluster.surroundings.now
        cluster.store.change(.jobs, key) { object in
            object.putDefault(.string(now), "status", "startTime")
            let running = isComplete ? 0 : active.count + made
            object.put(running == 0 ? nil : .integer(Int64(running)), "status", "active")
            object.put(succeeded == 0 ? nil : .integer(Int64(succeeded)), "status", "succeeded")
            object.put(failed == 0 ? nil : .integer(Int64(failed)), "status", "failed")
            if isComplete {
                object.putDefault(.string(now), "status", "completionTime")
                Condition.set("Complete", true, "CompletionsReached", now: now, in: &object)
            } else if isFailed {
                Condition.set("Failed", true, "BackoffLimitExceeded", now: now, in: &object)
            }
        }
        return done
    }

    private static func labels(_ job: JSONValue) -> [String: String] {
        [
            "batch.kubernetes.io/job-name": job.name, "job-name": job.name,
            "batch.kubernetes.io/controller-uid": job.uid, "controller-uid": job.uid,
        ]
    }
}
