"""Tables as files: Parquet for programs, CSV for spreadsheets."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
from pyarrow import parquet as pq
from pyarrow.csv import write_csv

from payoff.files.whole import appearing_whole


def write_table(table: pd.DataFrame, parquet: Path, csv: Path) -> None:
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    with appearing_whole(parquet) as temporary:
        pq.write_table(arrow, temporary)
    with appearing_whole(csv) as temporary:
        write_csv(arrow, temporary)  # pandas takes ten times as long
