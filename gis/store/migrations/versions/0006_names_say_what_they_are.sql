-- drop: constraint supervision.supervision_away_m_low
ALTER TABLE "supervision" DROP CONSTRAINT supervision_away_m_low;

-- after: constraint supervision.supervision_away_low
ALTER TABLE "supervision" ADD CONSTRAINT supervision_away_low CHECK ("away" >= 0);
COMMENT ON CONSTRAINT supervision_away_low ON "supervision" IS 'at least 0';
