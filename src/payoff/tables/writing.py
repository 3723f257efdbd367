"""Tables as files: Parquet for programs, CSV for spreadsheets."""

from pathlib import Path

import pandas as pd

from payoff.files.whole import appearing_whole


def write_table(table: pd.DataFrame, parquet: Path, csv: Path) -> None:
    with appearing_whole(parquet) as temporary:
        table.to_parquet(temporary, index=False)
    with appearing_whole(csv) as temporary:
        table.to_csv(temporary, index=False)
