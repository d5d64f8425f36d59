"""Ask CCP4i2's own REST server for the jobs of projects: rest.py PROJECT ...; print the status of each response."""

import json
import sys


def main(names):
    import django

    django.setup()
    from ccp4i2.db.models import Project
    from django.test import Client

    client = Client(raise_request_exception=False, SERVER_NAME="localhost")
    ids = {name: Project.objects.get(name=name).pk for name in names}
    pages = {name: f"/api/ccp4i2/projects/{number}/job_tree/" for name, number in ids.items()}
    lists = {name: f"/api/ccp4i2/projects/{number}/job_float_values/" for name, number in ids.items()}
    answers = {name: [client.get(pages[name]).status_code, client.get(lists[name]).status_code] for name in names}
    sys.stdout.write(f"\n{json.dumps(answers)}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
