"""Report classes as plugins bring them: one that works, and those that do what a report class must not do."""

import os
import sys
import time
from xml.etree import ElementTree as ET

from ccp4i2.report.CCP4ReportParser import Report

XML = "<Refinement><title>A</title><cycle n='1' r='0.3'/><cycle n='2' r='-'/><cycle n='3' r=''/></Refinement>"

LOG_TABLE = """
<table title="From the log"><headers separator=" ">Resolution(&amp;Aring;) Count</headers>
<data>0.25 7
0.0625 8 9
*  x</data>
<plot><title>Shells</title><xscale>oneoversqrt</xscale><xlabel>d</xlabel><yrange rightaxis="true" min="0" max="None"/>
<plotline xcol="1" ycol="2" rightaxis="true"><linestyle>.</linestyle></plotline>
<plotline xcol="1" ycol="7"/><plotline xcol="one" ycol="2"/>
<plotline xcol="1" ycol="2"><visible>false</visible></plotline>
<line x1="0" x2="1" y1="0" y2="1"/></plot>
<plot><plotline xcol="9" ycol="9"/></plot></table>
"""


class Works(Report):
    """Two graphs, one of them deep in the report."""

    TASKNAME = "report_works"

    def __init__(self, xmlnode=None, jobInfo=None, **options):  # noqa: N803 - as CCP4i2 calls it
        super().__init__(xmlnode=xmlnode, jobInfo=jobInfo, **options)
        told.append((jobInfo, options))
        graph = self.addFold(label="Fold").addDiv().addFlotGraph(title="Cycles", xmlnode=xmlnode)
        graph.addData(title="Cycle", data=[one.get("n") for one in xmlnode.findall("cycle")])
        graph.addData(title="R", data=[one.get("r") for one in xmlnode.findall("cycle")])
        graph.addData(title="Residue", data=["ALA", "GLY"])
        plot = graph.addPlotObject()
        plot.append("title", "R over cycles")
        plot.append("xintegral", "true")
        plot.append("xlabel", "Cycle")
        plot.append("yrange", min=0.1, max=0.5)
        line = plot.append("plotline", xcol=1, ycol=2)
        line.append("label", "R (work)")
        plot = graph.addPlotObject()
        plot.append("barchart", col=3, tcol=1)
        plot.append("histogram", col=2)
        self.addFlotGraph(title="unused").addPimpleData(ET.fromstring(LOG_TABLE))  # noqa: S314 - see above
        self.addFlotGraph(title="empty")


told = []


class Raises(Report):
    def __init__(self, **_):
        raise KeyError("no such element")


class Prints(Works):
    def __init__(self, **options):
        print("to standard output")  # noqa: T201
        print("to standard error", file=sys.stderr)  # noqa: T201
        super().__init__(**options)


class Exits(Report):
    def __init__(self, **_):
        sys.exit(3)


class EndsTheProcess(Report):
    def __init__(self, **_):
        os._exit(3)


class AsksADatabase(Report):
    def __init__(self, **_):
        from django.core.exceptions import ImproperlyConfigured

        raise ImproperlyConfigured("there is no database")


class NeverEnds(Report):
    def __init__(self, **_):
        try:
            while True:
                time.sleep(0.001)
        finally:
            stopped.append(True)


stopped = []


class Huge(Report):
    """More graphs, plots, lines, columns and rows than anybody looks at."""

    graphs, columns, rows = 40, 60, 2_500

    def __init__(self, **options):
        super().__init__(**options)
        for _ in range(self.graphs):
            graph = self.addFlotGraph(title="x" * 1_000)
            for _ in range(self.columns):
                graph.addData(title="y" * 1_000, data=list(range(self.rows)))
            for _ in range(20):
                plot = graph.addPlotObject()
                for _ in range(20):
                    plot.append("plotline", xcol=1, ycol=2)


class Many(Huge):
    """More graphs than anybody looks at."""

    columns, rows = 2, 1


class Circle(Works):
    """A report that contains itself."""

    def __init__(self, **options):
        super().__init__(**options)
        self.children.append(self)
        self.children += ["a text", None, 7]


class Odd(Report):
    """Graphs with values that are none."""

    def __init__(self, **options):
        super().__init__(**options)
        graph = self.addFlotGraph(title=None)
        graph.addData(title=None, data=[1, float("nan"), "inf", None, "1e999", True])
        graph.addData(title="<b>\x1b\x00\udce9", data=["<script>", "&lt;i&gt;", b"bytes"])
        graph.addPlotObject().append("plotline", xcol=1, ycol=2, rightaxis="TRUE")


class NotAClass:
    pass
