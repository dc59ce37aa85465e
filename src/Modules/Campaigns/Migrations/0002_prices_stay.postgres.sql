-- A price that was once shown stays as it was.
CREATE FUNCTION tier_price_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'campaigns: a price is never changed or deleted; add a version or retire the tier' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER tier_price_stay BEFORE UPDATE OR DELETE ON tier_price FOR EACH ROW EXECUTE FUNCTION tier_price_stays();
