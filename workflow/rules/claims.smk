# What the study's sources say, judged from the tables and from what the framework itself answers.

from payoff.claims.claim import claims_of, find_claims, questions

KNOWN_CLAIMS = HOME / "workflow" / "claims"
CLAIMS_FILE = checked(find_claims, STUDY.claims, STUDY.name, KNOWN_CLAIMS) if STUDY.claims else None
CLAIMS = checked(claims_of, STUDY, KNOWN_CLAIMS)
QUESTIONS = questions(CLAIMS)


rule judge_claims:
    input:
        claims=os.path.relpath(CLAIMS_FILE) if CLAIMS_FILE else [],
        runs="results/{study}/tables/runs.parquet",
        samples="results/{study}/tables/samples.parquet",
        cells="results/{study}/tables/cells.parquet",
        probe=f"results/{{study}}/probe/{DESIGN.probed}.json" if QUESTIONS else [],
        published=[
            os.path.relpath(path)
            for pattern in ("*.jsonl", "*.probe.json")
            for path in sorted(PUBLISHED_FOLDER.glob(pattern))
        ],
        code=code("scripts/judge_claims.py"),
    output:
        report(
            "results/{study}/claims.json",
            caption="../report/claims.rst",
            category="Claims",
            labels={"claims": "judged"},
        ),
    log:
        "results/{study}/logs/judge_claims.log",
    params:
        threads=SETTINGS.threads,
        recipes={name: recipe.to_document() for name, recipe in STUDY.recipes.items()},
    message:
        "Judge the claims of {wildcards.study}"
    script:
        "../../scripts/judge_claims.py"
