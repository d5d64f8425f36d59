"""CCP4i2's own server and runners: how they run their jobs through ccp4hooks, who may use them, and their check.

May import `api` and the rooms below it. Must not be imported by other rooms; `apps`, `django_settings` and `plugin`
import it, and the commands ``enable`` and ``disable`` of the core load `environments` by its name.
"""
