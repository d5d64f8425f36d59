"""What is known of projects, jobs and files: from the plugins that keep books, else from the outcome files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ccp4hooks.errors import UnknownNameError
from ccp4hooks.model import FileQuery, KnownFile, Outcome, Problem, Project, Severity, project_uuid
from ccp4hooks.model.numbers import JOBS_FOLDER
from ccp4hooks.outcomes import checks, outcome_file
from ccp4hooks.plugins.dispatcher import Dispatcher, Failure, Journal, attempt

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from ccp4hooks.errors import Ccp4HooksError
    from ccp4hooks.settings import Settings


class Records:
    """The books, read only.

    Args:
        settings: All settings.
        dispatcher: Calls the hooks.

    Attributes:
        settings: All settings.
    """

    def __init__(self, settings: Settings, dispatcher: Dispatcher) -> None:
        self.settings = settings
        self._dispatcher = dispatcher
        self._journal = Journal()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What went wrong outside of any job."""
        return tuple(self._journal.problems)

    def examined(self) -> tuple[tuple[str, str | Ccp4HooksError], ...]:
        """Return what the plugins say of how they stand: pairs of a plugin's name and a fact, or what is wrong."""
        answers = self._dispatcher.collect("examine", self._journal)
        return tuple((answer.origin.plugin, said) for answer in answers for said in answer.value)

    def projects(self) -> tuple[Project, ...]:
        """Return all known projects; without a plugin that knows, those in the projects directory."""
        answer = self._dispatcher.first("list_projects", self._journal)
        return tuple(answer.value) if answer else tuple(self._on_disk())

    def _on_disk(self) -> Iterable[Project]:
        for folder in sorted(self.settings.projects_dir.glob(f"*/{JOBS_FOLDER}")):
            yield self._project_at(folder.parent.name)

    def _project_at(self, name: str) -> Project:
        directory = self.settings.projects_dir / name
        return Project(name=name, directory=directory, uuid=project_uuid(directory))

    def project(self, wanted: str | UUID) -> Project:
        """Return a project by its name or its identity.

        Raises:
            UnknownNameError: No such project.
        """
        known = self._find_project(wanted) if isinstance(wanted, str) else self._identified(wanted)
        if known is None:
            names = [project.name for project in self.projects()]
            raise UnknownNameError(
                "project", str(wanted), names, "`ccp4hooks projects` lists them, `--project` names one."
            )
        return known

    def known_project(self, name: str) -> Project:
        """Return a project that the books know, or that lies in the projects directory.

        Raises:
            UnknownNameError: No such project.
        """
        at = self._project_at(name)
        return self.project(name) if self._find_project(name) or not at.jobs_directory.is_dir() else at

    def _identified(self, uuid: UUID) -> Project | None:
        answer = self._dispatcher.first("find_project", self._journal, name=None, uuid=uuid)
        if answer is not None:
            return answer.value  # type: ignore[no-any-return]
        return next((project for project in self._on_disk() if project.uuid == uuid), None)

    def _find_project(self, name: str) -> Project | None:
        answer = self._dispatcher.first("find_project", self._journal, name=name, uuid=None)
        if answer is not None:
            return answer.value  # type: ignore[no-any-return]
        at = self._project_at(name)
        return at if os.path.isdir(at.jobs_directory) else None  # noqa: PTH112 - false, too, for names no system takes

    def outcomes(self, project: Project, number: str | None = None) -> tuple[Outcome, ...]:
        """Return what is known of a project's jobs and sub-jobs, in the order of their numbers.

        Args:
            project: The project.
            number: For one job and its sub-jobs; None for all.

        Raises:
            UnknownNameError: No such job.
        """
        answer = self._dispatcher.first("read_outcomes", self._journal, project=project, number=number)
        found = tuple(answer.value) if answer else self._read_files(project, number)
        if answer and number is not None:
            found = tuple(outcome_file.completed(one) for one in found)
        if number is not None and not found:
            numbers = [one.job.number for one in self.outcomes(project)]
            raise UnknownNameError("job", number, numbers, f"`ccp4hooks jobs {project.name}` lists them.")
        return found

    def _read_files(self, project: Project, number: str | None) -> tuple[Outcome, ...]:
        folder = project.job_directory(number) if number else None
        paths = outcome_file.below(project.jobs_directory)
        chosen = [path for path in paths if folder is None or folder == path.parent or folder in path.parents]
        read = [attempt(checks.believed, path, project) for path in chosen]
        for failed in read:
            if isinstance(failed, Failure):
                self._journal.add(Problem(severity=Severity.WARNING, message=failed.reason))
        return tuple(one for one in read if isinstance(one, Outcome))

    def find_file(self, query: FileQuery) -> KnownFile | None:
        """Return the recorded file that is meant; without a plugin that knows, from the outcome files."""
        known = self._dispatcher.ask("find_file", self._journal, query=query)
        if known is not None or query.job_number is None:
            return known  # type: ignore[no-any-return]
        for one in self._read_files(query.project, query.job_number):
            for file in one.files if one.job.number == query.job_number else ():
                if file.parameter == f"outputData.{query.parameter}":
                    return KnownFile(
                        uuid=file.uuid,
                        path=file.path,
                        file_type=file.file_type,
                        content_flag=file.content_flag,
                        sub_type=file.sub_type,
                        annotation=file.annotation,
                    )
        return None
