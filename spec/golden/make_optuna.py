"""Writes spec/golden/sweep/optuna.json: the tables that Optuna makes, with their columns, and the versions that it notes.

    python spec/golden/make_optuna.py        (Optuna 4 or later)
"""
import json, os, sqlite3, tempfile

import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, 'store.db')
    optuna.create_study(study_name='a', storage='sqlite:///' + path, direction='maximize')
    db = sqlite3.connect(path)
    names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    columns = ('name', 'type', 'notnull', 'pk')
    tables = {name: [dict(zip(columns, (row[1], row[2], row[3], row[5]))) for row in db.execute(f'PRAGMA table_info({name})')]
              for name in names}
    unique = {name: sorted(sorted(column[2] for column in db.execute(f'PRAGMA index_info({index[1]})'))
                           for index in db.execute(f'PRAGMA index_list({name})') if index[2])
              for name in names}
    version = db.execute('SELECT schema_version FROM version_info').fetchone()[0]
    alembic = db.execute('SELECT version_num FROM alembic_version').fetchone()[0]

with open(os.path.join(os.path.dirname(__file__), 'sweep', 'optuna.json'), 'w') as out:
    json.dump({'tables': tables, 'unique': unique, 'schema_version': version, 'alembic_version': alembic}, out, indent=1, sort_keys=True)
    out.write('\n')
