"""Print all rows of CCP4i2's and our tables except heartbeats, without a check of the schema."""

from ccp4hooks import load_settings
from ccp4hooks_database.connection import django_setup
from ccp4hooks_database.connection.url import chosen_target

if __name__ == "__main__":
    target = django_setup.start(chosen_target(load_settings().database, 10))
    with django_setup.connected(target) as connection, connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f"SELECT * FROM {table}")  # noqa: S608 - names of our own
            names = [column.name if hasattr(column, "name") else column[0] for column in cursor.description]
            kept = [index for index, name in enumerate(names) if not name.startswith("heartbeat")]
            for row in sorted(str([row[index] for index in kept]) for row in cursor.fetchall()):
                print(table, row)  # noqa: T201
