def test_signs_a_person_in_through_both_providers(idp_world, idp_family, idp_journal):
    mother = idp_family.parents[0]

    esia = idp_world.sign_in_esia(mother)
    vk = idp_world.sign_in_vk(mother)

    assert esia["token_type"] == "Bearer"
    assert vk["user_id"] == mother.document["vk_id"][0]["profiles"][0]["user_id"]
    idp_journal.verify(1, endpoint="/oauth2/auth", status=200, person=mother.id)
