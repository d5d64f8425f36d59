"""CCP4i2's server without sockets. It answers requests from standard input, one JSON text per line.

A process of its own, since it is its settings module that puts CCP4i2 on the hooks or does not.
"""

import json
import os
import sys
from pathlib import Path


def post(page, **body):
    """Call CCP4i2's REST API."""
    from django.test import Client

    answer = Client(SERVER_NAME="localhost").post(
        f"/api/ccp4i2/{page}", json.dumps(body), content_type="application/json"
    )
    if answer.status_code >= 300:
        raise ValueError(answer.content[:500].decode())
    return answer.json()


def get(page):
    """Call a REST API method that changes nothing."""
    from django.test import Client

    answer = Client(SERVER_NAME="localhost").get(f"/api/ccp4i2/{page}")
    if answer.status_code >= 300:
        raise ValueError(answer.content[:500].decode())
    return answer.json()


def download(parameter, number):
    """Return an output as CCP4i2 sees it: its columns, its paths, its chains, and its download."""
    from ccp4i2.db.models import File
    from django.test import Client

    file = File.objects.get(job__number=number, job_param_name=parameter)
    answer = Client(SERVER_NAME="localhost").get(f"/api/ccp4i2/files/{file.pk}/download/")
    return {
        "columns": [file.directory, file.name],
        "path": os.path.realpath(file.path),
        "rest_path": os.path.realpath(get(f"files/{file.pk}/file_path/")["data"]["path"]),
        "chains": get(f"files/{file.pk}/digest/")["data"]["composition"]["chains"],
        "name": answer["Content-Disposition"],
        "content": b"".join(answer.streaming_content).decode(),
    }


def delete(page, **body):
    """Delete with the REST API, and return the status and the text of the answer."""
    from django.test import Client

    answer = Client(SERVER_NAME="localhost").delete(f"/api/ccp4i2/{page}")
    return [answer.status_code, answer.content.decode()]


def open_job(task, values):
    """Open a job in the project toxd and set its parameters with the REST API. Create the project if missing."""
    from ccp4i2.db.models import Project

    known = Project.objects.filter(name="toxd").values_list("pk", flat=True).first()
    project = known or post("projects/", name="toxd", directory=str(Path("projects/toxd").absolute()))["id"]
    job = post(f"projects/{project}/create_task/", task_name=task, auto_context=False)["data"]["new_job"]
    for name, value in values.items():
        post(f"jobs/{job['id']}/set_parameter/", object_path=f"{task}.{name}", value=value)
    return job


def rows(number):
    """Return the rows of a job and its sub-jobs in the tables of CCP4i2 and ccp4hooks."""
    from ccp4i2.db.models import File, FileImport, FileUse, Job
    from django.db.models import Q

    from ccp4hooks_database.models import FileOrigin

    def of(path):
        return Q(**{f"{path}number": number}) | Q(**{f"{path}number__startswith": f"{number}."})

    jobs = Job.objects.filter(of("")).select_related("parent")
    return {
        "jobs": {job.number: [job.task_name, job.get_status_display(), bool(job.finish_time)] for job in jobs},
        "parents": {job.number: job.parent.number for job in jobs if job.parent},
        "files": {f"{one.job.number} {one.job_param_name}": str(one.path) for one in File.objects.filter(of("job__"))},
        "uses": sorted(
            [use.job.number, {FileUse.Role.IN: "in", FileUse.Role.OUT: "out"}[use.role], use.job_param_name]
            for use in FileUse.objects.filter(of("job__"))
        ),
        "sources": {
            f"{use.job.number} {use.job_param_name}": [brought.name, brought.checksum]
            for use in FileUse.objects.filter(of("job__"))
            for brought in FileImport.objects.filter(file=use.file)
        },
        "origins": {
            f"{one.file.job.number} {one.parameter}": one.plugin for one in FileOrigin.objects.filter(of("file__job__"))
        },
    }


def newest():
    """Return the number of the last top-level job."""
    from ccp4i2.db.models import Job

    return Job.objects.filter(parent=None).latest("pk").number


def key(number):
    """Return the key of the row of a job."""
    from ccp4i2.db.models import Job

    return Job.objects.get(number=number).pk


ANSWERS = {function.__name__: function for function in (get, post, delete, download, open_job, rows, newest, key)}


def main():
    import django

    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    django.setup()
    for line in sys.stdin:
        name, options = json.loads(line)
        try:
            answer = {"answer": ANSWERS[name](**options)}
        except Exception as error:  # noqa: BLE001 - the test receives the error and fails
            answer = {"error": repr(error)}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
